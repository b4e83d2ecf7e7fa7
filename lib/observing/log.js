"use strict"

// The option `log`: which calls are told to an application's own log, and how.

const { misconfigured } = require("../reading.js")

const LEVELS = ["debug", "info", "warn", "error"]

/** Milliseconds. A call that takes longer is told as a warning. */
const SLOW = 1000

const KNOWN = new Set(["level", "log", "slowCallMs", "disabled"])

const wrong = (name, expected) => misconfigured(`option ${name} must be ${expected}`)

const toConsole = (level, message, details) => console[level](`[rust-auth-adapter] ${message}`, details)

/** What the option comes to: `wants(level)`, `write(level, message, details)` and `slowCallMs`; `undefined` if nothing is to be told. */
function readLog(given) {
  if (given === undefined) return undefined
  const isObject = typeof given === "object" && given !== null && !Array.isArray(given)
  if (typeof given !== "function" && !isObject) throw wrong("log", "a function or an object")
  const settings = typeof given === "function" ? { log: given } : given
  const unknown = Object.keys(settings).find((name) => !KNOWN.has(name))
  if (unknown !== undefined) throw misconfigured(`unknown option: log.${unknown}`)
  const { level = "warn", log = toConsole, slowCallMs = SLOW, disabled = false } = settings
  if (!LEVELS.includes(level)) throw wrong("log.level", LEVELS.map((each) => `"${each}"`).join(", "))
  if (typeof log !== "function") throw wrong("log.log", "a function")
  if (typeof disabled !== "boolean") throw wrong("log.disabled", "true or false")
  if (!(typeof slowCallMs === "number" && slowCallMs >= 0)) throw wrong("log.slowCallMs", "a number from 0 on")
  if (disabled) return undefined
  const least = LEVELS.indexOf(level)
  return { wants: (each) => LEVELS.indexOf(each) >= least, write: log, slowCallMs }
}

const rounded = (milliseconds) => Math.round(milliseconds * 1000) / 1000

/** What a call waited for most of all, and as the warning says it. */
const REASONS = {
  connection: "most of that it waited for a connection of the pool",
  writer: "most of that it waited for other writes",
  server: "most of that it waited for the database's answer",
}

function reasonOf({ durationMs, waitedForConnectionMs = 0, waitedForWriterMs = 0 }) {
  const rest = durationMs - waitedForConnectionMs - waitedForWriterMs
  if (waitedForConnectionMs >= Math.max(waitedForWriterMs, rest)) return "connection"
  return waitedForWriterMs >= rest ? "writer" : "server"
}

/** Tells of a call that has ended. */
function tell({ wants, write, slowCallMs }, call) {
  const { method, durationMs, code } = call
  const took = `${method} took ${rounded(durationMs)} ms`
  if (code !== undefined && wants("error")) write("error", `${method} failed: ${code}`, call)
  if (durationMs > slowCallMs) {
    const reason = reasonOf(call)
    if (wants("warn")) write("warn", `${took}: ${REASONS[reason]}`, { ...call, reason })
  } else if (code === undefined && wants("debug")) {
    write("debug", took, call)
  }
}

module.exports = { readLog, rounded, tell }
