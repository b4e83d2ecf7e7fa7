// What every Better Auth of these tests is given, in each version.
export const origin = "http://localhost:3000"
export const base = {
  baseURL: origin,
  secret: "a secret of thirty-two characters",
  logger: { disabled: true },
  telemetry: { enabled: false },
}
