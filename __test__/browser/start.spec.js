// What starting an example does besides signing people in.
import assert from "node:assert/strict"
import { once } from "node:events"
import { readdirSync } from "node:fs"
import { createServer } from "node:net"
import { basename, dirname } from "node:path"
import { after, before, describe, it } from "node:test"
import { databases } from "../databases.js"
import { startExample } from "./example.js"

const limit = { timeout: 180_000 }
const names = { nextjs: "Next.js", express: "Express", "better-auth": "Better Auth" }

for (const [app, name] of Object.entries(names)) {
  for (const lane of databases.filter(({ name }) => name === "sqlite")) {
    describe(`starting the ${name} example`, limit, () => {
      let database
      before(async () => (database = await lane.create()))
      after(() => database.close())

      it("takes a free port when the wanted one is taken, and says so", async () => {
        const other = createServer().listen(0, "127.0.0.1")
        await once(other, "listening")
        const { port } = other.address()
        const example = await startExample(app, { databaseUrl: database.url, port })
        assert.notEqual(example.port, port)
        const page = await fetch(example.address)
        assert.match(await page.text(), /Sign in/)
        await example.stop("SIGTERM")
        other.close()
        const said = `Port ${port} is taken by another program: port ${example.port} takes its place.\n`
        assert.ok(example.output().startsWith(said), example.output())
      })

      for (const signal of ["SIGINT", "SIGTERM"]) {
        it(`stops with everything it started when it gets a ${signal} from npm's terminal`, async () => {
          const example = await startExample(app, { databaseUrl: database.url, terminal: true })
          // Kept open, as a browser does.
          await fetch(example.address)
          await example.stop(signal)
          await assert.rejects(fetch(example.address), TypeError)
        })
      }

      it("says nothing but its address", async () => {
        const example = await startExample(app, { databaseUrl: database.url })
        await fetch(example.address)
        await example.stop("SIGINT")
        assert.equal(example.output(), `${name} example: ${example.address} (Ctrl-C stops it)\n`)
      })

      if (app === "express") {
        it("answers only under its own name, and folds SQLite's log in when it stops", async () => {
          const example = await startExample(app, { databaseUrl: database.url })
          const elsewhere = await fetch(`http://127.0.0.1:${example.port}/mailbox`, { redirect: "manual" })
          assert.equal(elsewhere.headers.get("location"), `${example.address}/mailbox`)
          await example.stop("SIGTERM")
          assert.deepEqual(readdirSync(dirname(database.path)), [basename(database.path)])
        })
      }
    })
  }

  describe(`starting the ${name} example on a database that is not there`, limit, () => {
    for (const scheme of ["postgres", "mysql"]) {
      it(`ends at once and says why, in a sentence: ${scheme}`, async () => {
        await assert.rejects(
          startExample(app, { databaseUrl: `${scheme}://ada:hunter2@127.0.0.1:1/auth` }),
          ({ message }) => {
            assert.equal(
              message,
              "the example ended with 1:\nERR_CONNECT: the connection to the database failed " +
                "(host 127.0.0.1, port 1, database auth): Connection refused (os error 111)\n",
            )
            return true
          },
        )
      })
    }
  })
}
