// Shows each moment in the zone of the visitor, whose browser alone knows it, and where the page asks for it, how long ago it was. Without
// JavaScript they stay in UTC.
const local = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" })
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" })

/** "5 minutes ago"; what is older than a week, or to come, by its date. */
function ago(date) {
  const minutes = Math.round((Date.now() - date) / 60_000)
  const [unit, length] = minutes < 60 ? ["minute", 1] : minutes < 24 * 60 ? ["hour", 60] : ["day", 24 * 60]
  if (minutes < 0 || minutes > 7 * 24 * 60) return undefined
  return minutes === 0 ? "just now" : relative.format(-Math.round(minutes / length), unit)
}

for (const element of document.querySelectorAll("time[datetime]")) {
  const date = new Date(element.dateTime)
  element.title = local.format(date)
  element.textContent = ("since" in element.dataset && ago(date)) || local.format(date)
}
