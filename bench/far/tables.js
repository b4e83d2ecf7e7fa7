// What was measured over a network, as tables: `{ title, note, head, rows }`.
import { median } from "../statistics.js"
import { count } from "../table.js"
import { routes } from "./routes.js"
import { steps } from "./steps.js"

export const ours = "rust-auth-adapter"
const signIn = ["createUser", "linkAccount", "createSession"]
const distinct = (values) => [...new Set(values)]
const absent = "–"

const precise = (value) => (value >= 100 ? count(value) : value.toPrecision(value >= 10 ? 3 : 2))
const whole = (value) => (Number.isInteger(value) ? String(value) : precise(value))
/** The medians of a call's samples. */
const typical = (samples) =>
  samples && {
    milliseconds: median(samples.map(({ milliseconds }) => milliseconds)),
    turns: median(samples.map(({ turns }) => turns)),
  }
const sum = (parts) =>
  parts.every(Boolean)
    ? parts.reduce((a, b) => ({ milliseconds: a.milliseconds + b.milliseconds, turns: a.turns + b.turns }))
    : undefined

/** What the columns show of one contestant on one route. */
export const figures = {
  firstLookUp: ({ cold }) => typical(cold.lookUp),
  firstSignIn: ({ cold }) => typical(cold.firstSignIn),
  lookUp: ({ warm }) => typical(warm.getSessionAndUser),
  signIn: ({ warm }) => sum(signIn.map((name) => typical(warm[name]))),
  lookUps: ({ crowd }) => crowd.lookUp,
  signIns: ({ crowd }) => crowd.firstSignIn,
}

/** How much better ours is: how many times as long theirs takes, or how many times as many calls ours makes. */
export function ratio(own, other) {
  if (!own || !other) return undefined
  return own.throughput ? own.throughput / other.throughput : other.milliseconds / own.milliseconds
}

function cell(name, own, other, turnsOnly) {
  if (!other) return absent
  if (turnsOnly) return whole(other.turns)
  const compared = name === ours ? undefined : ratio(own, other)
  const figure = other.throughput
    ? `${count(other.throughput)}/s · ${precise(other.turns)}`
    : `${precise(other.milliseconds)} ms · ${whole(other.turns)}`
  return compared ? `${figure} · ${precise(compared)}×` : figure
}

/** `least`: leaves out what is nearer than so many milliseconds. `turnsOnly`: times are left out, of a machine that was busy. */
export function farTables({ far, settings }, { least = 0, turnsOnly = false } = {}) {
  const shown = far.filter(({ roundTrip }) => roundTrip >= least)
  const places = distinct(shown.map(({ route, roundTrip }) => `${roundTrip} ${route}`)).map((place) => {
    const [roundTrip, route] = place.split(" ")
    return { route, roundTrip: Number(roundTrip) }
  })
  const at = ({ route, roundTrip }) => shown.filter((each) => each.route === route && each.roundTrip === roundTrip)
  const farthest = Math.max(...shown.map(({ roundTrip }) => roundTrip))
  places.sort((a, b) => b.roundTrip - a.roundTrip)
  return [
    ...places.map((place) => distanceTable(place, at(place), settings, turnsOnly)),
    ...places
      .filter(({ roundTrip }) => roundTrip === farthest)
      .map((place) => methodTable(place, at(place), settings, turnsOnly)),
  ]
}

function distanceTable({ route, roundTrip }, here, { cold, warm }, turnsOnly) {
  const own = here.find(({ contestant }) => contestant === ours)
  return {
    title: `${routes[route].title}, ${roundTrip} ms away`,
    note: [
      turnsOnly
        ? "Turns; with 32 callers, for each call."
        : "Time · turns · how many times as long as ours it takes (of calls per second: how many times as many ours makes; turns for each call).",
      `First: of a fresh process, without its imports, ${cold} each. Warm: one caller, ${warm} each. A sign-in: createUser, linkAccount, createSession. Medians.`,
    ].join(" "),
    head: [
      "",
      "first look-up",
      "first sign-in",
      "look-up, warm",
      "sign-in, warm",
      "look-ups, 32 callers",
      "sign-ins, 32 callers",
    ],
    rows: here.map((each) => [
      each.contestant,
      ...Object.values(figures).map((figure) => cell(each.contestant, own && figure(own), figure(each), turnsOnly)),
    ]),
  }
}

function methodTable({ route, roundTrip }, here, { warm }, turnsOnly) {
  const rows = Object.keys(steps).map((name) => [
    name,
    ...here.map((each) => {
      const found = typical(each.warm[name])
      if (!found) return absent
      return turnsOnly ? whole(found.turns) : `${whole(found.turns)} · ${precise(found.milliseconds)}`
    }),
  ])
  return {
    title: `${routes[route].title}, ${roundTrip} ms away: each method`,
    note: `${turnsOnly ? "Turns" : "Turns · ms"}, warm, one caller, medians of ${warm}.`,
    head: ["", ...here.map(({ contestant }) => contestant)],
    rows,
  }
}
