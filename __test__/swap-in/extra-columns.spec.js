// Columns that Auth.js does not know: they come and go with the rest, each as what its type says.
import assert from "node:assert/strict"
import { once } from "node:events"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { databases } from "../databases.js"
import { createTables } from "./tables.js"

const timeout = 60_000
const expires = new Date("2040-01-02T03:04:05.678Z")

/** Further columns of the user, by database, and values that must come back as they were given. */
const kinds = {
  sqlite: {
    role: ["text NOT NULL DEFAULT 'user'", "admin"],
    age: ["integer", 42],
    ratio: ["real", 1.25],
    active: ["boolean", false],
    settings: ["json", { theme: "dark", list: [1, null, "ü"] }],
    joined: ["datetime", expires],
  },
  postgres: {
    role: ["mood NOT NULL DEFAULT 'calm'", "angry"],
    age: ["smallint", 42],
    big: ["bigint", 12_345_678_901],
    ratio: ["real", 0.1],
    tiny: ["real", 1e-7],
    huge: ["real", 3.4e38],
    active: ["boolean DEFAULT true", false],
    settings: ["jsonb", { theme: "dark", list: [1, null, "ü"] }],
    raw: ["json", [1, { a: 2 }]],
    tags: ["text[]", ["a,b", 'say "hi"', "\\", "NULL", null, ""]],
    scores: ["integer[]", [1, 2]],
    none: ["text[]", []],
    org: ["uuid", "0e984725-c51c-4bf4-9960-e1c80e27aba0"],
    price: ["numeric(12,4)", "12.3400"],
    nick: ["citext", "Nick"],
    born: ["date", "2001-02-03"],
    joined: ["timestamptz", expires],
    seen: ["timestamp(3)", expires],
  },
  mysql: {
    role: ["enum('user','admin') NOT NULL DEFAULT 'user'", "admin"],
    age: ["smallint unsigned", 42],
    big: ["bigint", 12_345_678_901],
    ratio: ["double", 1.25],
    single: ["float", 0.1],
    tiny: ["float", 1e-7],
    huge: ["float", 3.4e38],
    active: ["tinyint(1) DEFAULT 1", false],
    price: ["decimal(12,4)", "12.3400"],
    born: ["date", "2001-02-03"],
    joined: ["datetime(3)", expires],
  },
}

for (const database of databases) {
  describe(`extra columns on ${database.name}`, () => {
    const columns = kinds[database.name]
    const given = Object.fromEntries(Object.entries(columns).map(([name, [, value]]) => [name, value]))

    async function open() {
      const own = await database.create()
      if (database.name === "postgres") {
        await own.rows("CREATE EXTENSION citext")
        await own.rows("CREATE TYPE mood AS ENUM ('calm', 'angry')")
      }
      await createTables(own, {
        user: Object.entries(columns).map(([name, [type]]) => `"${name}" ${type}`),
        session: [`"ip" varchar(60)`, `"createdAt" bigint NOT NULL`],
      })
      const adapter = RustAdapter(own.url)
      return { own, adapter, close: async () => (await adapter.close(), await own.close()) }
    }

    test("are stored, read, changed and emptied", { timeout }, async () => {
      const { adapter, close } = await open()
      try {
        const user = await adapter.createUser({ email: "a@example.com", ...given })
        for (const [name, value] of Object.entries(given)) assert.deepEqual(user[name], value, name)
        assert.deepEqual(await adapter.getUser(user.id), user)

        const began = Date.now()
        const session = await adapter.createSession({ sessionToken: "t", userId: user.id, expires, ip: "::1" })
        assert.equal(session.ip, "::1")
        assert.ok(session.createdAt instanceof Date && Math.abs(session.createdAt - began) < 60_000)
        assert.deepEqual(await adapter.getSessionAndUser("t"), { session, user })

        const names = Object.keys(given).filter((name) => name !== "role")
        const emptied = await adapter.updateUser({
          id: user.id,
          ...Object.fromEntries(names.map((name) => [name, null])),
        })
        for (const name of names) assert.equal(emptied[name], null, name)
        assert.equal(emptied.role, given.role)
        const again = await adapter.updateUser({ id: user.id, ...given })
        assert.deepEqual(again, user)
      } finally {
        await close()
      }
    })

    test("take the database's defaults when they are left out", { timeout }, async () => {
      const { adapter, close } = await open()
      try {
        const user = await adapter.createUser({ email: "a@example.com" })
        assert.equal(user.role, database.name === "postgres" ? "calm" : "user")
        if (database.name !== "sqlite") assert.equal(user.active, true)
        assert.equal(user.age, null)
      } finally {
        await close()
      }
    })

    test("refuse what does not fit them, and a field without a column is dropped with one warning", {
      timeout,
    }, async () => {
      const { adapter, close } = await open()
      try {
        await assert.rejects(adapter.createUser({ email: "a@example.com", age: "old" }), {
          code: "ERR_INVALID_VALUE",
          table: "user",
          field: "age",
        })
        const cyclic = {}
        cyclic.self = cyclic
        const field = `nothing_of_${database.name}`
        const warning = once(process, "warning")
        const user = await adapter.createUser({ email: "a@example.com", [field]: cyclic })
        assert.equal(field in user, false)
        const [{ code, message }] = await warning
        assert.equal(code, "RUST_ADAPTER_DROPPED_FIELD")
        assert.match(message, new RegExp(field))

        let more = 0
        const count = (each) => (more += each.code === "RUST_ADAPTER_DROPPED_FIELD" ? 1 : 0)
        process.on("warning", count)
        await adapter.updateUser({ id: user.id, [field]: 1 })
        await new Promise(setImmediate)
        process.off("warning", count)
        assert.equal(more, 0)
      } finally {
        await close()
      }
    })
  })
}
