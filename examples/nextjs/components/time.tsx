"use client"

import { useSyncExternalStore } from "react"

const never = () => () => {}
const utc = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" })
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" })

/** "5 minutes ago"; what is older than a week, or to come, by its date. */
function ago(date: Date) {
  const minutes = Math.round((date.getTime() - Date.now()) / 60_000)
  if (minutes > 0 || minutes < -7 * 24 * 60) return undefined
  if (minutes > -60) return minutes === 0 ? "just now" : relative.format(minutes, "minute")
  if (minutes > -24 * 60) return relative.format(Math.round(minutes / 60), "hour")
  return relative.format(Math.round(minutes / (24 * 60)), "day")
}

/** A moment in the zone of the visitor, whose browser alone knows it: until it does, in UTC. */
export function Time({ date, since = false }: { date: Date; since?: boolean }) {
  const inBrowser = useSyncExternalStore(
    never,
    () => true,
    () => false,
  )
  const local = inBrowser ? new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" }).format(date) : ""
  const shown = inBrowser ? (since && ago(date)) || local : `${utc.format(date)} UTC`
  return (
    <time dateTime={date.toISOString()} title={local || undefined}>
      {shown}
    </time>
  )
}
