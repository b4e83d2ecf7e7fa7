// Databases for the command that encrypts the tokens of accounts.
import assert from "node:assert/strict"
import { RustAdapter } from "../../../index.js"
import { newAccount, newUser } from "../../contract/rows.js"
import { openAdapter, ours } from "../adapter.js"
import { makeApplication } from "./application.js"

export const TOKENS = { accessToken: "access_token", refreshToken: "refresh_token", idToken: "id_token" }

const config = (url, options) => `
import { betterAuth } from "better-auth"
import { rustAdapter } from "rust-auth-adapter/better-auth"
export const auth = betterAuth({
  secret: "a secret of thirty-two characters", baseURL: "http://localhost:3000", telemetry: { enabled: false },
  logger: { disabled: true }, database: rustAdapter(${JSON.stringify(url)}, ${JSON.stringify(options)}),
})`

/** Both sorts of tables that Better Auth can be on: how they are made, and the options that say so. */
export const sorts = {
  "its own tables": {
    more: {},
    names: Object.keys(TOKENS),
    make: async (url) => {
      const opened = await openAdapter({ url })
      await (await ours()).migrate({ database: opened.database })
      await opened.close()
    },
  },
  "Auth.js's tables": {
    more: { tables: "authjs" },
    names: Object.values(TOKENS),
    make: async (url) => {
      const adapter = RustAdapter(url, { migrate: true })
      await adapter.getUser("nobody")
      await adapter.close()
      const opened = await openAdapter({ url }, { tables: "authjs" })
      await (await ours()).migrate({ database: opened.database })
      await opened.close()
    },
  },
}

/** What makes a database of a sort of tables with so many accounts that an adapter with these keys has stored. */
export const arranging =
  (lane, { more, names, make }) =>
  async (t, count, encryption) => {
    const database = await lane.create()
    t.after(() => database.close())
    await make(database.url)
    const application = makeApplication()
    const using = async (encryption, work) => {
      const opened = await openAdapter(database, { ...more, ...(encryption && { encryption }) })
      try {
        return await work(opened.database({}))
      } finally {
        await opened.close()
      }
    }
    const accounts = []
    await using(encryption, async (adapter) => {
      for (let index = 0; index < count; index++) {
        const { email, name } = newUser()
        const { id: userId } = await adapter.create({ model: "user", data: { email, name, emailVerified: true } })
        const { providerAccountId: accountId, ...tokens } = newAccount(userId)
        const given = Object.entries(TOKENS).map(([field, column]) => [field, tokens[column]])
        const data = { userId, accountId, providerId: "github", ...Object.fromEntries(given) }
        accounts.push(await adapter.create({ model: "account", data }))
      }
    })
    const stored = async () =>
      (await database.rows(`SELECT * FROM "account"`)).flatMap((row) => names.map((name) => row[name]))
    const configure = (keys) => {
      const encryption = Array.isArray(keys) ? { keys } : keys
      application.write("auth.mjs", config(database.url, { ...more, ...(encryption && { encryption }) }))
    }
    const command = ["better-auth", "secure", "--config", "auth.mjs"]
    const secure = (keys, ...options) => {
      configure(keys)
      return application.run(...command, ...options)
    }
    /** As a process that is running: `{ child, ended }`. */
    const start = (keys, ...options) => {
      configure(keys)
      return application.start(...command, ...options)
    }
    /** Checks that all tokens are read by an adapter with this option. */
    const areRead = (encryption) =>
      using(encryption, async (reader) => {
        for (const { accountId, accessToken, refreshToken, idToken } of accounts) {
          const found = await reader.findOne({ model: "account", where: [{ field: "accountId", value: accountId }] })
          assert.deepEqual([found.accessToken, found.refreshToken, found.idToken], [accessToken, refreshToken, idToken])
        }
      })
    /** Checks that all tokens are stored under this key, and read by it alone. */
    const areUnder = async (key) => {
      for (const text of await stored()) assert.ok(text.startsWith(`raa.enc1.${key.id}.`), text)
      await areRead({ keys: [key], plain: "refused" })
    }
    return { database, application, accounts, stored, secure, start, areRead, areUnder }
  }
