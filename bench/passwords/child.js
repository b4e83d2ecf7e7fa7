// One process of the comparison: an application with passwords on one database, which does what its parent says.
//
//   child.js ours|rust|kysely    our passwords by themselves; Better Auth with ours, or with its own on its Kysely adapter
import { betterAuth } from "../../__test__/better-auth/node_modules/better-auth/dist/index.mjs"
import { ours } from "../../__test__/better-auth/adapter.js"
import { base } from "../../__test__/better-auth/stage.js"
import { migrate, openKysely } from "../../__test__/better-auth/tables.js"
import { databases } from "../../__test__/databases.js"
import { credentials } from "../../credentials.js"
import { RustAdapter } from "../../index.js"
import { inThirtyDays } from "../data.js"
import { measure } from "../measure.js"

const [, , kind] = process.argv
const [lane] = databases // the parent has narrowed them
const secret = "correct horse battery"
const PEOPLE = 50
const email = (number) => `user-${number}@example.com`

async function openOurs(database) {
  const adapter = RustAdapter(database.url, { migrate: true })
  const people = []
  for (let number = 0; number < PEOPLE; number++) {
    people.push(await adapter.passwords.register({ email: email(number), password: secret, name: `User ${number}` }))
  }
  const tokens = people.map(({ id }) => `session of ${id}`)
  for (const [number, { id: userId }] of people.entries())
    await adapter.createSession({ sessionToken: tokens[number], userId, expires: inThirtyDays() })
  const signIn = credentials(adapter, { rateLimit: false })
  const request = new Request("http://localhost/callback/credentials", { method: "POST" })
  let next = 0
  const turn = () => next++ % PEOPLE
  const mustBe = (found, what) => {
    if (!found) throw new Error(`${what} is not right`)
  }
  return {
    works: {
      verify: async () =>
        mustBe(await adapter.passwords.verify({ email: email(turn()), password: secret }), "the password"),
      lookUp: async () => mustBe(await adapter.getSessionAndUser(tokens[turn()]), "the session"),
      async signIn() {
        const user = await signIn.authorize({ email: email(turn()), password: secret }, request)
        mustBe(user, "the password")
        await signIn.jwt.encode({ token: { sub: user.id } })
      },
    },
    close: () => adapter.close(),
  }
}

async function openBetterAuth(database) {
  const { password, rustAdapter } = await ours()
  const options = {
    ...base,
    secret: "a secret of the benchmark, long enough",
    emailAndPassword: { enabled: true, ...(kind === "rust" && { password }) },
    rateLimit: { enabled: false },
  }
  await migrate(database, options)
  const opened = kind === "rust" ? { database: rustAdapter(database.url) } : await openKysely(database)
  const auth = betterAuth({ ...options, database: opened.database })
  for (let number = 0; number < PEOPLE; number++) {
    await auth.api.signUpEmail({ body: { email: email(number), password: secret, name: `User ${number}` } })
  }
  let next = 0
  const signIn = async () => {
    const { token } = await auth.api.signInEmail({ body: { email: email(next++ % PEOPLE), password: secret } })
    if (!token) throw new Error("the sign-in opened no session")
  }
  return { works: { signIn }, close: () => (opened.close ?? opened.database.close)() }
}

const database = await lane.create()
if (lane.name === "sqlite") await database.rows("PRAGMA journal_mode = WAL") // as ours would; for all alike
const { works, close } = await (kind === "ours" ? openOurs(database) : openBetterAuth(database))

/** `beside`: what others do meanwhile, as `{ work, callers }`. */
async function measureBeside({ work, beside, ...conditions }) {
  let goesOn = true
  const other = async () => {
    while (goesOn) await works[beside.work]()
  }
  const others = Array.from({ length: beside?.callers ?? 0 }, other)
  const found = await measure({ call: works[work] }, conditions)
  goesOn = false
  await Promise.all(others)
  return found
}

process.on("message", async ({ command, ...options }) => {
  try {
    if (command === "measure") return process.send({ result: await measureBeside(options) })
    await close()
    await database.close()
    process.send({ result: null }, () => process.exit(0))
  } catch (error) {
    process.send({ error: error.stack })
  }
})
process.send({ result: null })
