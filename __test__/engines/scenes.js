// What callers see of engines of several servers: whether a token is used once, how old answers are, what is lost when a server dies.
// Each scene answers its figures, and what went wrong.
import { setTimeout as sleep } from "node:timers/promises"
import { RustAdapter } from "../../index.js"
import { runProgram } from "../boundary/program.js"
import { newSession, newUser, newVerificationToken } from "../contract/rows.js"

const isTyped = (error) => error?.name === "RustAdapterError" && /^ERR_/.test(error.code)

/** Adapters on these URLs, which have been in touch with their servers. */
async function open(urls) {
  const adapters = urls.map((url) => RustAdapter(url))
  for (const adapter of adapters) await adapter.getUser("nobody")
  return { adapters, close: () => Promise.all(adapters.map((adapter) => adapter.close())) }
}

/** Waits until `look` answers something, and tells for how many milliseconds it did not; `Infinity` if it never does. */
async function until(look, limitMs = 10_000) {
  const begun = performance.now()
  for (;;) {
    if (await look()) return performance.now() - begun
    if (performance.now() - begun > limitMs) return Infinity
    await sleep(1)
  }
}

/** Servers are asked to use one token at once, `callers` times each. `isThere(url, token)` reads a server by another client. */
export async function singleUse({ urls, isThere, rounds = 100, callers = 2 }) {
  const { adapters, close } = await open(urls)
  const counts = { rounds, "one winner": 0, "two winners": 0, "no winner, a typed error": 0, "no winner": 0, errors: 0 }
  const codes = {}
  const wrong = []
  try {
    for (let round = 0; round < rounds; round++) {
      const token = await adapters[0].createVerificationToken(newVerificationToken())
      for (const url of urls)
        if ((await until(() => isThere(url, token))) === Infinity)
          wrong.push(`round ${round}: the token did not arrive`)
      const outcomes = await Promise.allSettled(
        adapters.flatMap((adapter) => Array.from({ length: callers }, () => adapter.useVerificationToken(token))),
      )
      const winners = outcomes.filter(({ value }) => value)
      const errors = outcomes.flatMap(({ reason }) => reason ?? [])
      for (const error of errors) {
        codes[error.code] = (codes[error.code] ?? 0) + 1
        if (!isTyped(error)) wrong.push(`round ${round}: ${error.stack}`)
      }
      counts.errors += errors.length
      if (winners.length === 1) counts["one winner"]++
      else if (winners.length > 1) counts["two winners"]++
      else if (errors.length) counts["no winner, a typed error"]++
      else counts["no winner"]++
    }
  } finally {
    await close()
  }
  if (counts["two winners"]) wrong.push(`${counts["two winners"]} tokens were used twice`)
  if (counts["no winner"])
    wrong.push(`${counts["no winner"]} tokens were used by no caller, and no caller got an error`)
  return { figures: { ...counts, ...codes }, wrong }
}

/** A process of the scene below: people sign in, are looked up and changed, and sign out, several at once; one address is wanted by all. */
const PERSON = `
import { newAccount, newSession, newUser } from "../contract/rows.js"
const adapter = RustAdapter(url)
const { rounds, callers } = given
const done = { calls: 0, kept: [], ended: [], won: 0, lost: 0, longest: 0, failures: [] }
const call = async (method, ...args) => {
  const begun = performance.now()
  done.calls++
  try {
    return await adapter[method](...args)
  } finally {
    done.longest = Math.max(done.longest, performance.now() - begun)
  }
}
const same = (what, found, expected) => {
  if (JSON.stringify(found) !== JSON.stringify(expected)) throw new Error(what + " is not what was written")
}
const person = async (round) => {
  const user = await call("createUser", newUser())
  await call("linkAccount", newAccount(user.id))
  const { sessionToken } = await call("createSession", newSession(user.id))
  const expires = new Date(Date.now() + 1e9 + round)
  await call("updateSession", { sessionToken, expires })
  const renamed = await call("updateUser", { id: user.id, name: "round " + round })
  const found = await call("getSessionAndUser", sessionToken)
  same("the session", found?.session.expires, expires)
  same("the user", found?.user, renamed)
  const other = await call("createSession", newSession(user.id))
  await call("deleteSession", other.sessionToken)
  done.kept.push([sessionToken, user.id, renamed.name])
  done.ended.push(other.sessionToken)
  await call("createUser", newUser({ email: given.address + round + "@example.com" })).then(
    () => done.won++,
    (error) => {
      if (error.code !== "ERR_UNIQUE") throw error
      done.lost++
    },
  )
}
for (let round = 0; round < rounds; round++)
  for (const { reason } of await Promise.allSettled(Array.from({ length: callers }, (_, i) => person(round * callers + i))))
    if (reason) done.failures.push([reason.code, reason.message, reason.cause?.message].join(" "))
await adapter.close()
console.log(JSON.stringify(done))
`

/** Several processes use one database at once, each with an adapter of its own: nothing fails, and nothing that is written is lost. */
export async function severalProcesses({ url, processes = 3, rounds = 10, callers = 4 }) {
  const given = { url, rounds, callers, address: `wanted-${Date.now()}-` }
  const ends = await Promise.all(Array.from({ length: processes }, () => runProgram(PERSON, given)))
  const wrong = ends.flatMap(({ code, signal, late, stderr }) =>
    code === 0 && !stderr ? [] : [`a process ended with ${code ?? signal}${late ? ", late" : ""}: ${stderr}`],
  )
  const all = ends.filter(({ code }) => code === 0).map(({ stdout }) => JSON.parse(stdout))
  const sum = (name) => all.reduce((total, { [name]: number }) => total + number, 0)
  wrong.push(...all.flatMap(({ failures }) => failures).slice(0, 5))
  const adapter = RustAdapter(url)
  let lost = 0
  for (const { kept, ended } of all) {
    for (const [token, id, name] of kept) {
      const found = await adapter.getSessionAndUser(token)
      if (found?.user.id !== id || found.user.name !== name) lost++
    }
    for (const token of ended)
      if (await adapter.getSessionAndUser(token)) wrong.push("a session that was ended is there")
  }
  await adapter.close()
  if (lost) wrong.push(`${lost} sessions are not what was written`)
  const addresses = rounds * callers
  if (sum("won") !== addresses) wrong.push(`${sum("won")} of ${addresses} addresses have a user`)
  return {
    figures: {
      processes,
      calls: sum("calls"),
      failed: all.flatMap(({ failures }) => failures).length,
      lost,
      "addresses won": sum("won"),
      "refused as taken": sum("lost"),
      "longest call ms": Math.round(Math.max(...all.map(({ longest }) => longest))),
    },
    wrong,
  }
}

/**
 * Two adapters write what a key refuses, again and again. `places()` tells how many clients the server takes beside those that it has:
 * as many afterwards as before.
 */
export async function refusedWrites({ urls, places, rounds = 60 }) {
  const before = await places()
  const { adapters, close } = await open(urls)
  const wrong = []
  let refused = 0
  try {
    const { email } = await adapters[0].createUser(newUser())
    for (let round = 0; round < rounds; round++) {
      const outcomes = await Promise.allSettled(adapters.map((adapter) => adapter.createUser(newUser({ email }))))
      for (const { reason } of outcomes) {
        if (reason?.code === "ERR_UNIQUE") refused++
        else wrong.push(`round ${round}: ${reason?.stack ?? "a second user has the address"}`)
      }
    }
  } finally {
    await close()
  }
  await sleep(500)
  const left = await places()
  if (left !== before) wrong.push(`${left} of ${before} places are left`)
  return { figures: { refused, "places before": before, "places left": left }, wrong: wrong.slice(0, 5) }
}

/** One session is updated through each server, all at once. */
export async function conflictingUpdates({ urls, rounds = 60, callers = 3 }) {
  const { adapters, close } = await open(urls)
  const figures = { calls: 0, failed: 0 }
  const wrong = []
  try {
    const user = await adapters[0].createUser(newUser())
    for (let round = 0; round < rounds; round++) {
      const session = await adapters[0].createSession(newSession(user.id))
      for (const adapter of adapters) await until(() => adapter.getSessionAndUser(session.sessionToken))
      const { sessionToken } = session
      const outcomes = await Promise.allSettled(
        adapters.flatMap((adapter, a) =>
          Array.from({ length: callers }, (_, i) =>
            adapter.updateSession({ sessionToken, expires: new Date(Date.now() + 1e8 + 1000 * (10 * a + i)) }),
          ),
        ),
      )
      figures.calls += outcomes.length
      for (const { reason } of outcomes.filter(({ status }) => status === "rejected")) {
        figures.failed++
        wrong.push(`round ${round}: ${reason.code}: ${reason.message} ${reason.cause?.message ?? ""}`)
      }
    }
  } finally {
    await close()
  }
  return { figures, wrong: wrong.slice(0, 5) }
}

/** How often a session that eight callers make through the one server is not found through the other at once, and for how long. */
export async function staleReads({ urls: [writer, reader], rounds = 50 }) {
  const { adapters, close } = await open([writer, reader])
  const delays = []
  const wrong = []
  let reads = 0
  try {
    const user = await adapters[0].createUser(newUser())
    await until(() => adapters[1].getUser(user.id))
    const caller = async () => {
      for (let round = 0; round < rounds; round++) {
        const { sessionToken } = await adapters[0].createSession(newSession(user.id))
        const written = performance.now()
        reads++
        if (await adapters[1].getSessionAndUser(sessionToken)) continue
        if ((await until(() => adapters[1].getSessionAndUser(sessionToken))) === Infinity)
          wrong.push(`round ${round}: the session did not arrive`)
        delays.push(performance.now() - written)
      }
    }
    await Promise.all(Array.from({ length: 8 }, caller))
  } finally {
    await close()
  }
  delays.sort((a, b) => a - b)
  const at = (share) => Math.ceil(delays[Math.floor((delays.length - 1) * share)] ?? 0)
  return { figures: { reads, stale: delays.length, "half within ms": at(0.5), "longest ms": at(1) }, wrong }
}

/**
 * 16 callers write and read while `kill` ends a server, and for `seconds` more. `url`: what they are connected to; `check`: what has
 * been acknowledged is asked of that server afterwards. Calls that
 * begin `settled` ms after the kill may not fail; without it, those that begin a second after the first success.
 */
export async function killedUnderLoad({ url, kill, check, settled, seconds = 10 }) {
  const { adapters, close } = await open([url])
  const [adapter] = adapters
  const acknowledged = []
  let [killed, over, calls, inDoubt, firstAfter, longest] = [Infinity, false, 0, 0, Infinity, 0]
  const failures = []
  const codes = {}
  const call = async (work) => {
    const begun = performance.now()
    calls++
    try {
      const answer = await work()
      if (begun > killed) firstAfter = Math.min(firstAfter, performance.now())
      return answer
    } catch (error) {
      if (error.mayHaveTakenEffect) inDoubt++
      codes[error.code] = (codes[error.code] ?? 0) + 1
      failures.push({ begun: begun - killed, error })
      if (process.env.ENGINES_SHOW)
        console.error(Math.round(begun - killed), Math.round(performance.now() - killed), error)
      await sleep(5)
    } finally {
      if (performance.now() > killed) longest = Math.max(longest, performance.now() - begun)
    }
  }
  const callers = Array.from({ length: 16 }, async () => {
    while (!over) {
      const user = await call(() => adapter.createUser(newUser()))
      if (!user) continue
      acknowledged.push(["getUser", user.id])
      const session = await call(() => adapter.createSession(newSession(user.id)))
      if (!session) continue
      acknowledged.push(["getSessionAndUser", session.sessionToken])
      await call(() => adapter.getSessionAndUser(session.sessionToken))
    }
  })
  await sleep(2000)
  killed = performance.now()
  await kill()
  await sleep(seconds * 1000)
  over = true
  await Promise.all(callers)
  await close()

  const survivor = RustAdapter(check)
  let lost = 0
  for (let i = 0; i < acknowledged.length; i += 64) {
    const found = await Promise.all(acknowledged.slice(i, i + 64).map(([method, key]) => survivor[method](key)))
    lost += found.filter((row) => row === null).length
  }
  await survivor.close()

  const from = settled ?? firstAfter - killed + 1000
  const late = failures.filter(({ begun }) => begun > from)
  const wrong = []
  if (lost) wrong.push(`${lost} acknowledged writes are lost`)
  if (late.length)
    wrong.push(`${late.length} calls failed that began more than ${from} ms after the kill: ${late[0].error.stack}`)
  if (firstAfter === Infinity) wrong.push("no call succeeded after the kill")
  return {
    figures: {
      calls,
      acknowledged: acknowledged.length,
      lost,
      failed: failures.length,
      "in doubt": inDoubt,
      [settled ? `failed after ${settled / 1000} s` : "failed a second after the first success"]: late.length,
      "first success after ms": Math.round(firstAfter - killed),
      "longest call ms": Math.round(longest),
      ...codes,
    },
    wrong,
  }
}
