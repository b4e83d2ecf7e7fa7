// Transactions: on by default, all or nothing, and never a dead end for code that goes around them.
import assert from "node:assert/strict"
import { test } from "node:test"
import { onEveryDatabase, quickPasswords, things } from "../stage.js"

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

onEveryDatabase(
  "transactions",
  {
    adapterOptions: { pool: { operationTimeoutMs: 3000 } },
    options: { plugins: [things], emailAndPassword: { enabled: true, password: quickPasswords } },
  },
  (stage) => {
    const make = (adapter, data) => adapter.create({ model: "thing", data })
    const labels = async (adapter = stage.adapter) =>
      (await adapter.findMany({ model: "thing" })).map(({ label }) => label).sort()
    const credentials = { email: "ada@example.com", password: "correct horse", name: "Ada" }

    test("what it returns is returned, and is there for every caller", async () => {
      const row = await stage.adapter.transaction((tx) => make(tx, { label: "a" }))
      assert.equal(row.label, "a")
      assert.deepEqual(await labels(), ["a"])
    })

    test("sees its own writes, which others do not before its end", async () => {
      await stage.adapter.transaction(async (tx) => {
        await make(tx, { label: "a" })
        assert.deepEqual(await labels(tx), ["a"])
        assert.deepEqual(await labels(), [])
      })
      assert.deepEqual(await labels(), ["a"])
    })

    test("the very error that ends it comes out, and nothing stays", async () => {
      const error = new Error("no")
      await assert.rejects(
        stage.adapter.transaction(async (tx) => {
          await make(tx, { label: "a" })
          await tx.updateMany({ model: "thing", where: [], update: { note: "n" } })
          throw error
        }),
        (caught) => caught === error,
      )
      assert.deepEqual(await labels(), [])
    })

    test("goes on after a unique violation that was caught", async () => {
      const user = (id) => ({
        id,
        name: "Ada",
        email: "ada@example.com",
        emailVerified: false,
        createdAt: new Date(),
        updatedAt: new Date(),
      })
      await stage.adapter.transaction(async (tx) => {
        await tx.create({ model: "user", data: user("first"), forceAllowId: true })
        await assert.rejects(tx.create({ model: "user", data: user("second"), forceAllowId: true }))
        assert.equal(
          (await tx.findOne({ model: "user", where: [{ field: "email", value: "ada@example.com" }] })).id,
          "first",
        )
        await make(tx, { label: "after" })
      })
      assert.deepEqual(await labels(), ["after"])
      assert.equal(await stage.count("user"), 1)
    })

    test("many at once all end, each with its own rows", async () => {
      await Promise.all(
        Array.from({ length: 24 }, (_, index) =>
          stage.adapter
            .transaction(async (tx) => {
              await make(tx, { label: `a${index}` })
              await sleep(2)
              await make(tx, { label: `b${index}` })
              if (index % 3 === 0) throw new Error("no")
            })
            .catch(({ message }) => assert.equal(message, "no")),
        ),
      )
      assert.equal((await labels()).length, 2 * 16)
    })

    test("code that goes around it can read and, before its first write, write", { timeout: 20_000 }, async () => {
      await stage.adapter.transaction(async (tx) => {
        assert.deepEqual(await labels(tx), [])
        await make(stage.adapter, { label: "around" })
        await make(tx, { label: "within" })
        assert.deepEqual(await labels(), ["around"])
      })
      assert.deepEqual(await labels(), ["around", "within"])
    })

    test("code that goes around it and writes in its midst gets an answer in time", { timeout: 20_000 }, async () => {
      const outcome = await stage.adapter.transaction(async (tx) => {
        await make(tx, { label: "within" })
        return make(stage.adapter, { label: "around" }).then(
          () => "written",
          ({ message }) => message,
        )
      })
      // One writer at a time is SQLite's way: there the transaction gives way, and is done again.
      assert.equal(outcome, "written")
      assert.deepEqual(await labels(), ["around", "within"])
    })

    test("of many that take one row, one gets it, and none fails, however slow their owners are", async () => {
      for (let round = 0; round < 5; round++) {
        const { id } = await make(stage.adapter, { label: "to be taken" })
        const take = (pause) =>
          stage.adapter.transaction(async (tx) => {
            const taken = await tx.consumeOne({ model: "thing", where: [{ field: "id", value: id }] })
            await new Promise((resolve) => setTimeout(resolve, pause))
            return taken
          })
        const taken = await Promise.all([20, 5, 15, 10].map(take))
        assert.deepEqual(
          taken.filter(Boolean).map(({ label }) => label),
          ["to be taken"],
        )
      }
      assert.deepEqual(await labels(), [])
    })

    test("an adapter that outlives its transaction says so", async () => {
      let escaped
      await stage.adapter.transaction(async (tx) => {
        escaped = tx
      })
      await assert.rejects(
        async () => make(escaped, { label: "late" }),
        (error) => error instanceof Error,
      )
      assert.deepEqual(await labels(), [])
    })

    const failing = () => {
      throw new Error("injected")
    }
    for (const [model, hook] of [
      ["account", "create"],
      ["session", "create"],
    ]) {
      test(`a sign-up that fails at its ${model} leaves nothing`, async () => {
        const broken = stage.auth({ databaseHooks: { [model]: { [hook]: { before: failing } } } })
        await assert.rejects(broken.api.signUpEmail({ body: credentials }))
        for (const table of ["user", "account", "session"]) assert.equal(await stage.count(table), 0, table)
        const { user } = await stage.auth().api.signUpEmail({ body: credentials })
        assert.equal(user.email, credentials.email)
      })
    }

    test("of many sign-ups with one address, one succeeds, whole", async () => {
      const auth = stage.auth()
      const results = await Promise.allSettled(
        Array.from({ length: 6 }, () => auth.api.signUpEmail({ body: credentials })),
      )
      assert.equal(results.filter(({ status }) => status === "fulfilled").length, 1)
      for (const table of ["user", "account", "session"]) assert.equal(await stage.count(table), 1, table)
    })

    test("parallel sign-ups of different people all succeed", async () => {
      const auth = stage.auth()
      await Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          auth.api.signUpEmail({ body: { ...credentials, email: `p${index}@example.com` } }),
        ),
      )
      for (const table of ["user", "account", "session"]) assert.equal(await stage.count(table), 12, table)
    })
  },
)
