// PGlite's socket, whose clients share one session: a transaction has it for itself, and nothing in its midst waits for its end.
import { betterAuth } from "better-auth"
import assert from "node:assert/strict"
import { test } from "node:test"
import { RustAdapter } from "../../../index.js"
import { startPglite } from "../../servers/pglite.js"
import { base } from "../base.js"
import { quickPasswords } from "../stage.js"
import { migrate, more } from "./stage.js"

if (!process.env.TEST_DATABASES || process.env.TEST_DATABASES.includes("postgres")) {
  for (const maxConnections of [1, 100]) {
    test(`a sign-up with a password, on a socket that serves ${maxConnections}`, { timeout: 120_000 }, async (t) => {
      const server = await startPglite({ maxConnections })
      t.after(() => server.stop())
      const authjs = RustAdapter(server.url, { migrate: true })
      await authjs.getUser("nobody")
      await authjs.close()
      const database = more.rustAdapter(server.url, { tables: "authjs" })
      t.after(() => database.close())
      const auth = betterAuth({ ...base, database, emailAndPassword: { enabled: true, password: quickPasswords } })
      await migrate(auth.options)
      for (const name of ["ada", "bob"]) {
        const body = { email: `${name}@example.com`, password: "correct horse", name }
        const began = performance.now()
        const { user } = await auth.api.signUpEmail({ body })
        assert.equal(user.email, body.email)
        assert.ok(performance.now() - began < 4000, "it has waited for a connection that is not to be had")
      }
    })
  }
}
