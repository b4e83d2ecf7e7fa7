// The chart of docs/far.svg: what the first sign-in of a fresh process takes, far from its database.
import { bars } from "../chart.js"
import { figures } from "./tables.js"
import { routes } from "./routes.js"

/** `turnsOnly`: turns instead of milliseconds, where the machine was busy. */
export function farChart({ far }, { turnsOnly = false } = {}) {
  const unit = turnsOnly ? "turns" : "milliseconds"
  const farthest = Math.max(...far.map(({ roundTrip }) => roundTrip))
  const panels = Object.keys(routes)
    .map((route) => ({
      title: routes[route].title,
      bars: far
        .filter((each) => each.route === route && each.roundTrip === farthest)
        .map((each) => ({ name: each.contestant, kind: each.kind, value: figures.firstSignIn(each)?.[unit] }))
        .filter(({ value }) => value !== undefined)
        .sort((a, b) => b.value - a.value),
    }))
    .filter(({ bars }) => bars.length)
  return bars({
    title: `First sign-in of a fresh process, ${farthest} ms from its database`,
    small: `${unit}; shorter is better; median`,
    panels,
    label: (value) => `${Math.round(value)} ${turnsOnly ? "turns" : "ms"}`,
    legend: ["ours", "adapter", "driver"],
  })
}
