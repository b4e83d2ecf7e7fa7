const day = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" })

export function Time({ date }: { date: Date }) {
  return <time dateTime={date.toISOString()}>{day.format(date)} UTC</time>
}
