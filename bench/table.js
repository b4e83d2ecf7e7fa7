// Results as tables: `{ title, note?, head, rows }`, for the terminal and for Markdown alike.
import { contestants } from "./contestants/index.js"
import { figureOf, ratioOf, spreadOf } from "./statistics.js"
import { targets as ofAuthJs } from "./targets.js"
import { judge } from "./verdicts.js"

const ours = "rust-auth-adapter"
export const databaseTitles = { postgres: "PostgreSQL", mysql: "MariaDB", sqlite: "SQLite" }
export const workTitles = {
  lookUp: "look-up of a random session",
  firstSignIn: "first sign-in (createUser, linkAccount, createSession)",
  updateSession: "updateSession",
  verificationToken: "useVerificationToken",
  sessionRequest: "whole `/session` request",
  startUp: "import + construct",
  memory: "added memory",
  scale: "10,000,000 sessions against 10,000",
  prune: "look-ups while expired sessions are pruned",
  getSession: "Better Auth's getSession, two look-ups",
  getSessionJoined: "Better Auth's getSession, joins on",
  signUp: "Better Auth's sign-up without the password's hash",
  findManyJoined: "20 users with their sessions and accounts, joins on",
}

export const count = (value) => Math.round(value).toLocaleString("en")
const precise = (value) => (value >= 100 ? count(value) : value.toPrecision(value >= 10 ? 3 : 2))
const absent = "–"
const shown = (value, unit = "") => (value === undefined ? absent : `${precise(value)}${unit}`)

const distinct = (values) => [...new Set(values)]
const called = (callers) => (callers === 1 ? "1 caller" : `${callers} callers`)

/** All tables of `results`; `part` of a run: only the targets that it has something to say about. */
export function tables(results, { part = false, targets = ofAuthJs } = {}) {
  const found = []
  for (const database of distinct(results.measurements.map(({ database }) => database))) {
    const here = results.measurements.filter((each) => each.database === database)
    for (const work of distinct(here.map(({ work }) => work))) {
      found.push(
        workTable(
          database,
          work,
          here.filter((each) => each.work === work),
        ),
      )
    }
  }
  return [
    ...found,
    ...costTables(results),
    ...scaleTables(results),
    pruneTable(results),
    passwordTable(results),
    targetTable(results, targets, part),
  ].filter(({ rows }) => rows.length)
}

function workTable(database, work, measurements) {
  const levels = distinct(measurements.map(({ callers }) => callers))
  const names = distinct(measurements.map(({ contestant }) => contestant))
  const at = (name, callers) => measurements.find((each) => each.contestant === name && each.callers === callers)
  const busiest = levels.includes(32) ? 32 : levels.at(-1)
  const cell = (name, callers) => {
    const one = at(name, callers)
    const reference = at(ours, callers)
    if (!one) return absent
    const speed = `${count(figureOf(one, "throughput"))} ±${Math.round(spreadOf(one, "throughput") * 100)} %`
    const wait = figureOf(one, "p50")
    const ratio = reference && ratioOf(reference, one, "throughput")
    return [speed, wait && `${precise(wait)} µs`, ratio && name !== ours && `${precise(ratio)}×`]
      .filter(Boolean)
      .join(" · ")
  }
  return {
    title: `${databaseTitles[database]}: ${workTitles[work]}`,
    note:
      "Calls per second (± half the spread of the rounds) · p50 · how many times as many calls ours makes. Loop: event-loop " +
      `time per call in µs, ${called(busiest)}.`,
    head: ["", ...levels.map(called), "loop"],
    rows: names.map((name) => [
      name,
      ...levels.map((callers) => cell(name, callers)),
      shown(at(name, busiest) && figureOf(at(name, busiest), "loop")),
    ]),
  }
}

function costTables({ startUp, memory, sizes }) {
  return distinct([...startUp, ...memory].map(({ database }) => database)).map((database) => {
    const of = (list, name) => list.find((each) => each.database === database && each.contestant === name)
    const names = contestants.filter((each) => each.database === database).map(({ name }) => name)
    const calls = memory.find((each) => each.database === database)?.memory[0].calls
    const grown = ([first, last]) =>
      `${precise(first.megabytes)}, ${precise(last.megabytes)} after ${count(last.calls)}` +
      (first.young === undefined ? "" : ` (new space +${(last.young - first.young).toFixed(1)})`)
    const megabytes = (name) => {
      const found = of(memory, name)?.memory
      return found && (found.length > 1 ? grown(found) : precise(found[0].megabytes))
    }
    return {
      title: `${databaseTitles[database]}: what it costs to have`,
      note:
        `Import + construct in a fresh process; resident memory of a fresh process after ${count(calls ?? 0)} look-ups, 32 at once; ` +
        "new space: where V8 makes new objects, by how much that has grown; installed packages without what every application of Auth.js has.",
      head: ["", "import + construct, ms", "memory, MB", "installed, MB"],
      rows: names
        .filter((name) => of(startUp, name) || of(memory, name))
        .map((name) => [
          name,
          shown(of(startUp, name) && figureOf(of(startUp, name), "milliseconds")),
          megabytes(name) ?? absent,
          shown(of(sizes, name)?.megabytes),
        ]),
    }
  })
}

function scaleTables({ scale = [] }) {
  return distinct(scale.map(({ database }) => database)).map((database) => {
    const here = scale.filter((each) => each.database === database)
    const { small, large } = here[0]
    return {
      title: `${databaseTitles[database]}: ${count(large.sessions)} sessions of ${count(large.users)} users`,
      note: `p50 and p99 in µs, one caller, against ${count(small.sessions)} sessions of ${count(small.users)} users.`,
      head: [
        "",
        `p50, ${count(small.sessions)}`,
        `p50, ${count(large.sessions)}`,
        "ratio",
        `p99, ${count(small.sessions)}`,
        `p99, ${count(large.sessions)}`,
        "ratio",
      ],
      rows: here.map(({ method, small, large }) => [
        method,
        precise(small.p50),
        precise(large.p50),
        (large.p50 / small.p50).toFixed(2),
        precise(small.p99),
        precise(large.p99),
        (large.p99 / small.p99).toFixed(2),
      ]),
    }
  })
}

function pruneTable({ prune = [] }) {
  return {
    title: "Look-ups while a million expired sessions are deleted",
    note: "p99 in µs, 8 callers, medians of rounds of a second; the deletion runs in another process.",
    head: ["", "nothing else", "meanwhile", "ratio", "worst round", "deleted in, s"],
    rows: prune.map(({ database, idle, busy, worst, seconds }) => [
      databaseTitles[database],
      precise(idle),
      precise(busy),
      (busy / idle).toFixed(2),
      precise(worst),
      precise(seconds),
    ]),
  }
}

function passwordTable({ passwords = [] }) {
  const questions = [
    ["verify", "verifications per second, against the crate argon2 on as many threads", "≥ 0.95"],
    ["lookUp", "p99 of look-ups in µs while 50 people sign in, against none", "≤ 3"],
    ["signIn", "sign-ins per second with Better Auth, against its own hashes on Kysely", "≥ 1.5"],
  ]
  return {
    title: "Passwords",
    note: "Medians of three rounds, and of their ratios. 8 callers look up; 16 sign in with Better Auth.",
    head: ["", "must reach", "ours", "against", "ratio"],
    rows: passwords.flatMap((found) =>
      questions.map(([name, title, bound]) => {
        const { one, other, ratio } = found[name]
        return [`${databaseTitles[found.database]}: ${title}`, bound, precise(one), precise(other), ratio.toFixed(2)]
      }),
    ),
  }
}

const units = { loop: " µs", milliseconds: " ms", growth: " MB" }

function what({ database, work, callers, figure, over }) {
  const divided = over && ` / ${over}`
  const name = {
    throughput: "throughput",
    p50: "p50",
    p99: "p99",
    loop: "event-loop time per call",
    milliseconds: "",
    growth: "",
  }[figure]
  const kind = work === "lookUp" ? "" : work === "firstSignIn" ? "first sign-in" : workTitles[work]
  return [databaseTitles[database], kind, callers && called(callers), name && `${name}${divided ?? ""}`]
    .filter(Boolean)
    .join(", ")
}

function targetTable(results, targets, part) {
  return {
    title: "Targets",
    note: "Ratios are ours divided by theirs, taken round by round.",
    head: ["", "must reach", "aim", "measured", ""],
    rows: judge(targets, results)
      .filter(({ measured }) => measured !== undefined || !part)
      .map((target) => {
        const bound = (value) => `${target.most ? "≤" : "≥"} ${value}${units[target.figure] ?? ""}`
        return [
          what(target),
          bound(target.must),
          bound(target.aim),
          target.measured === undefined ? absent : `${target.measured.toFixed(2)}${units[target.figure] ?? ""}`,
          target.verdict,
        ]
      }),
  }
}
