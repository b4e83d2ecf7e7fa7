// The more particular words come first: Edge says that it is Chrome, too, and Chrome that it is Safari.
const browsers = {
  Edg: "Edge",
  OPR: "Opera",
  Firefox: "Firefox",
  FxiOS: "Firefox",
  Chrome: "Chrome",
  CriOS: "Chrome",
  Safari: "Safari",
}
const systems = {
  Android: "Android",
  iPhone: "iPhone",
  iPad: "iPad",
  Windows: "Windows",
  Mac: "macOS",
  CrOS: "ChromeOS",
  Linux: "Linux",
}

/** "Chrome on Linux", by what a browser says of itself. */
export function deviceName(userAgent = "") {
  const said = (names: Record<string, string>) => Object.entries(names).find(([word]) => userAgent.includes(word))?.[1]
  return [said(browsers) ?? "Unknown browser", said(systems)].filter(Boolean).join(" on ")
}
