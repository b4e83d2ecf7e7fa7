// What has expired goes without a call: by `npx rust-auth-adapter prune`, and in the background.
import assert from "node:assert/strict"
import { once } from "node:events"
import { describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { Worker } from "node:worker_threads"
import { RustAdapter } from "../../index.js"
import { inDays, newSession, newUser, newVerificationToken } from "../contract/rows.js"
import { databases } from "../databases.js"
import { cli, cliOnTerminal } from "./cli.js"
import { eventually, runProgram } from "./program.js"

const timeout = 60_000
const EVERY = { prune: { everyMs: 100 } }

for (const database of databases) {
  const fresh = async (t) => {
    const lane = await database.create()
    t.after(lane.close)
    const open = (options) => {
      const adapter = RustAdapter(lane.url, { migrate: true, ...options })
      t.after(() => adapter.close())
      return adapter
    }
    /** So many expired rows of each kind, and one that lasts. */
    const store = async (adapter, count) => {
      const user = await adapter.createUser(newUser())
      for (const expires of [inDays(1), ...Array(count).fill(inDays(-1))]) {
        await adapter.createSession(newSession(user.id, { expires }))
        await adapter.createVerificationToken(newVerificationToken({ expires }))
      }
    }
    const counts = async () =>
      Promise.all(["session", "verificationToken"].map(async (table) => (await lane.stored(table)).length))
    return {
      ...lane,
      open,
      store,
      counts,
      emptied: () => eventually("swept", async () => String(await counts()) === "1,1"),
    }
  }

  describe(`the command prune on ${database.name}`, () => {
    test("deletes what has expired, says how much, and has nothing more to do", { timeout }, async (t) => {
      const { url, open, store, counts } = await fresh(t)
      await store(open(), 3)
      assert.deepEqual(await cli(["prune", url, "--batch-size", "2"]), {
        code: 0,
        stdout: "deleted 3 sessions and 3 verification tokens\n",
        stderr: "",
      })
      assert.deepEqual(await counts(), [1, 1])
      assert.deepEqual(await cli(["prune"], { DATABASE_URL: url }), {
        code: 0,
        stdout: "deleted 0 sessions and 0 verification tokens\n",
        stderr: "",
      })
    })

    test("--json", { timeout }, async (t) => {
      const { url, open, store } = await fresh(t)
      await store(open(), 1)
      const { code, stdout, stderr } = await cli(["prune", url, "--json"])
      assert.deepEqual([code, JSON.parse(stdout), stderr], [0, { sessions: 1, verificationTokens: 1 }, ""])
    })

    test("on a terminal there is a bar, and the result remains", { timeout }, async (t) => {
      const { url, open, store } = await fresh(t)
      await store(open(), 4)
      const { shown } = await cliOnTerminal(["prune", url, "--batch-size", "1"])
      assert.match(shown, /\d of 8 expired rows/)
      assert.match(shown, /deleted 4 sessions and 4 verification tokens\n$/)
    })

    test("without our tables: code 1, ERR_SCHEMA", { timeout }, async (t) => {
      const { url, rows } = await fresh(t)
      await rows(`CREATE TABLE notes ("text" varchar(9))`)
      const { code, stdout, stderr } = await cli(["prune", url])
      assert.deepEqual([code, stdout], [1, ""])
      assert.match(stderr, /^ERR_SCHEMA/)
    })
  })

  describe(`the sweep in the background on ${database.name}`, () => {
    test("deletes again and again, from the first call on", { timeout }, async (t) => {
      const { open, store, emptied } = await fresh(t)
      const quiet = open()
      await store(quiet, 3)
      const adapter = open(EVERY)
      await adapter.getUser("x")
      await emptied()
      await store(adapter, 2)
      await eventually("swept again", async () => (await adapter.pruneExpired()).sessions === 0)
    })

    test("an error is a warning, told once, and no end", { timeout }, async (t) => {
      const { open, rows, store, stored } = await fresh(t)
      const adapter = open(EVERY)
      await store(adapter, 0)
      const warnings = []
      const listen = (warning) => warning.code === "RUST_ADAPTER_PRUNE_FAILED" && warnings.push(warning)
      process.on("warning", listen)
      t.after(() => process.off("warning", listen))
      for (const failures of [1, 2]) {
        await rows(`ALTER TABLE "verificationToken" RENAME TO "elsewhere"`)
        await eventually("a warning", () => warnings.length === failures)
        await sleep(500)
        assert.equal(warnings.length, failures)
        assert.equal(warnings[0].name, "RustAdapterWarning")
        assert.match(warnings[0].message, /ERR_SCHEMA/)
        await rows(`ALTER TABLE "elsewhere" RENAME TO "verificationToken"`)
        // The second one goes in another sweep, so that one has come to its end in between.
        for (let sweep = 0; sweep < 2; sweep++) {
          const { identifier } = await adapter.createVerificationToken(newVerificationToken({ expires: inDays(-1) }))
          await eventually(
            "swept",
            async () => !(await stored("verificationToken")).some((row) => row.identifier === identifier),
          )
        }
      }
    })

    test("does not keep the process alive, nor need its end be waited for", { timeout }, async (t) => {
      const { url, open } = await fresh(t)
      await open().getUser("x")
      const began = Date.now()
      const { code, late, stderr } = await runProgram(
        `
        const adapter = RustAdapter(url, { prune: { everyMs: 1 } })
        await adapter.getUser("x")
        await sleep(200)
      `,
        { url },
      )
      assert.deepEqual({ code, late, stderr }, { code: 0, late: false, stderr: "" })
      assert.ok(Date.now() - began < 20_000)
    })

    test("close ends it, and waits for its step", { timeout }, async (t) => {
      const { open, store, counts } = await fresh(t)
      const quiet = open()
      const adapter = open({ prune: { everyMs: 1 } })
      await adapter.getUser("x")
      await sleep(50)
      await adapter.close()
      await store(quiet, 1)
      await sleep(300)
      assert.deepEqual(await counts(), [2, 2])
    })
  })
}

for (const database of databases.filter(({ name }) => name === "postgres")) {
  describe("one sweep per pool", () => {
    /** Counts the statements that delete verification tokens: one in each sweep. */
    const watched = async (t) => {
      const lane = await database.create()
      t.after(lane.close)
      await RustAdapter(lane.url, { migrate: true }).getUser("x")
      await lane.rows("CREATE TABLE sweep (at timestamptz DEFAULT clock_timestamp())")
      await lane.rows(
        `CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO sweep DEFAULT VALUES; RETURN NULL; END'`,
      )
      await lane.rows(
        `CREATE TRIGGER note AFTER DELETE ON "verificationToken" FOR EACH STATEMENT EXECUTE FUNCTION note()`,
      )
      return { ...lane, sweeps: async () => (await lane.rows("SELECT count(*)::int AS n FROM sweep"))[0].n }
    }

    test("however many adapters, for as long as there is one", { timeout }, async (t) => {
      const { url, sweeps } = await watched(t)
      const adapters = Array.from({ length: 6 }, () => RustAdapter(url, { prune: { everyMs: 200 } }))
      await Promise.all(adapters.map((adapter) => adapter.getUser("x")))
      await eventually("a sweep", sweeps)
      const before = await sweeps()
      await sleep(2000)
      const during = (await sweeps()) - before
      assert.ok(during >= 3 && during <= 11, `${during} sweeps in 2 s`)
      await Promise.all(adapters.slice(1).map((adapter) => adapter.close()))
      const then = await sweeps()
      await eventually("another sweep", async () => (await sweeps()) > then)
      await adapters[0].close()
      const last = await sweeps()
      await sleep(600)
      assert.equal(await sweeps(), last)
    })

    test("goes with the environment whose adapter it was", { timeout }, async (t) => {
      const { url, sweeps } = await watched(t)
      const worker = new Worker(
        `
        const { parentPort, workerData } = require("node:worker_threads")
        const { RustAdapter } = require(workerData.index)
        globalThis.adapter = RustAdapter(workerData.url, { prune: { everyMs: 50 } })
        adapter.getUser("x").then(() => parentPort.on("message", () => {}))
      `,
        { eval: true, workerData: { url, index: fileURLToPath(new URL("../../index.js", import.meta.url)) } },
      )
      await eventually("a sweep", sweeps)
      await Promise.all([once(worker, "exit"), worker.terminate()])
      // One that had begun may come to its end.
      await eventually("no sweep in half a second", async () => {
        const before = await sweeps()
        await sleep(500)
        return (await sweeps()) === before
      })
      const last = await sweeps()
      await sleep(500)
      assert.equal(await sweeps(), last)
    })
  })
}
