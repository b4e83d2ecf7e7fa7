// What pages show is run: Vitest's files, a role from its column to the session, health, outages, and single calls.
import assert from "node:assert/strict"
import { rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { after, before, describe, test } from "node:test"
import { RustAdapter } from "../../../index.js"
import { databases } from "../../databases.js"
import { command } from "../../run/command.js"
import { createFolder, transpiled, write } from "./app.js"
import { applicationOf, applicationsOf, blocksOf, pages } from "./pages.js"

/** What an application's environment has besides its database. */
const environment = { AUTH_SECRET: "a secret of the test", AUTH_GITHUB_ID: "id", AUTH_GITHUB_SECRET: "secret" }

/** Lets Node.js find next/server, which bundlers find without its extension. */
const resolveNext = `import { register } from "node:module"
register("data:text/javascript," + encodeURIComponent(\`export const resolve = (name, context, next) =>
  next(/^next\\\\/(server|headers|navigation)$/.test(name) ? name + ".js" : name, context)\`))`

describe("what pages show, run", () => {
  let parent
  before(() => {
    parent = createFolder()
    writeFileSync(join(parent, "resolve-next.js"), resolveNext)
  })
  after(() => rmSync(dirname(parent), { recursive: true, force: true }))

  /** Runs a script in a folder; resolves to what it prints, as JSON. */
  async function run(folder, script, env) {
    const args = ["--import", join(parent, "resolve-next.js"), "--input-type=module", "-e", script]
    const { status, output } = await command(process.execPath, args, {
      folder,
      env: { ...environment, ...env },
      limitMs: 60_000,
    })
    assert.equal(status, 0, output)
    return JSON.parse(output.match(/^RESULT (.*)$/m)?.[1] ?? assert.fail(output))
  }
  const result = (expression) => `console.log("RESULT " + JSON.stringify(${expression}))`

  test("docs/testing.md: Vitest runs its files", async () => {
    const folder = write(parent, "testing", applicationOf("docs/testing.md"))
    const vitest = async (files, env) => {
      const args = [join(parent, "node_modules/vitest/vitest.mjs"), "run", "--reporter=json", ...files]
      const { output } = await command(process.execPath, args, {
        folder,
        env: { ...environment, NO_COLOR: "1", ...env },
        limitMs: 90_000,
      })
      const { numPassedTests, numFailedTests } = JSON.parse(
        output.match(/^\{.*"numTotalTests".*$/m)?.[0] ?? assert.fail(output),
      )
      assert.equal(numFailedTests, 0, output)
      return numPassedTests
    }
    assert.equal(await vitest(["users.test.ts", "page.test.ts"], { DATABASE_URL: ":memory:" }), 3)
    for (const lane of databases.filter(({ name }) => name === "postgres")) {
      const database = await lane.create()
      try {
        assert.equal(await vitest(["schema.test.ts"], { TEST_DATABASE_URL: database.url }), 1)
      } finally {
        await database.close()
      }
    }
  })

  for (const lane of databases) {
    test(`docs/roles.md: the column, the default, the session and a change, on ${lane.name}`, async (t) => {
      const database = await lane.create()
      t.after(() => database.close())
      const adapter = RustAdapter(database.url, { migrate: true })
      t.after(() => adapter.close())
      await adapter.getUser("nobody")
      const [column, first] = blocksOf("docs/roles.md", ["sql"]).map(({ code }) =>
        lane.name === "mysql" ? code.replaceAll('"', "`").replace("role text", "role varchar(20)") : code,
      )
      await database.rows(column.replace(/^--.*\n/, ""))

      const url = lane.name === "sqlite" ? `sqlite:${database.path}` : database.url
      const user = await adapter.createUser({ email: "ada@example.com" })
      await adapter.createSession({ sessionToken: "token", userId: user.id, expires: new Date(Date.now() + 1e8) })
      const all = applicationOf("docs/roles.md")
      const folder = write(parent, `roles-${lane.name}`, transpiled(new Map([["auth.ts", all.get("auth.ts")]])))
      const role = () =>
        run(
          folder,
          `import { adapter, handlers } from "./auth.js"
           import { NextRequest } from "next/server"
           const headers = { cookie: "authjs.session-token=token" }
           const session = await (await handlers.GET(new NextRequest("http://localhost/api/auth/session", { headers }))).json()
           ${result("session?.user?.role ?? null")}
           await adapter.close()`,
          { DATABASE_URL: url, AUTH_URL: "http://localhost/api/auth" },
        )
      assert.equal(await role(), "user")
      await database.rows(first)
      assert.equal(await role(), "admin")
      assert.equal((await adapter.updateUser({ id: user.id, role: "user" })).role, "user")
      assert.equal(await role(), "user")
    })
  }

  test("docs/monitoring.md and docs/outages.md: a database that is there, and one that is not", async () => {
    const files = new Map([
      ...applicationOf("docs/monitoring.md"),
      ["session-or-outage.ts", applicationOf("docs/outages.md").get("session-or-outage.ts")],
    ])
    const folder = write(parent, "monitoring", transpiled(files))
    const ask = (DATABASE_URL) =>
      run(
        folder,
        `import { Auth } from "@auth/core"
         import { adapter } from "./auth.js"
         import { health } from "./health.js"
         import { counts, logger } from "./logger.js"
         import { sessionOrOutage } from "./session-or-outage.js"
         const config = { adapter, logger, basePath: "/auth", trustHost: true, secret: "secret", providers: [], session: { strategy: "database" } }
         const request = () => new Request("http://localhost/auth/session", { headers: { cookie: "authjs.session-token=token" } })
         const session = await sessionOrOutage(async () => (await Auth(request(), config)).json())
         const answer = await health()
         ${result("{ session, status: answer.status, text: await answer.text(), counts: [...counts] }")}`,
        { DATABASE_URL },
      )
    assert.deepEqual(await ask(":memory:"), { session: null, status: 200, text: "ok", counts: [] })
    assert.deepEqual(await ask("postgres://127.0.0.1:1/app"), {
      session: "outage",
      status: 503,
      text: "ERR_CONNECT",
      counts: [["ERR_CONNECT", 1]],
    })
  })

  /** Blocks without a name that ask others than the database, or that take a request which only a framework has. */
  const notAlone = { "docs/tokens.md": /oauth2\.googleapis\.com/, "docs/sessions.md": /next\/headers/ }

  for (const page of pages) {
    const calls = [...(applicationsOf(page).at(-1) ?? [])].filter(
      ([name, code]) => name.startsWith("block-") && !notAlone[page]?.test(code),
    )
    for (const [name, code] of calls) {
      test(`${page}: ${name} runs`, async () => {
        const folder = write(
          parent,
          `alone-${page.replaceAll("/", "-")}-${name}`,
          transpiled(new Map([["block.ts", code]])),
        )
        const answers = await run(
          folder,
          `import { RustAdapter } from "rust-auth-adapter"
           const adapter = RustAdapter(":memory:")
           Object.assign(globalThis, { RustAdapter, adapter, url: ":memory:", options: {}, userId: "1" })
           const exported = await import("./block.js")
           const register = async () => (await exported.register?.("ada@example.com")) ?? null
           ${result("[await register(), await register()]")}
           process.exit()`,
          {
            DATABASE_URL: ":memory:",
            PEPPER: "a pepper of the test",
            TOKEN_KEY: Buffer.alloc(32, 7).toString("base64"),
            BETTER_AUTH_SECRET: "a secret of the test, long enough",
          },
        )
        assert.deepEqual(answers, [null, page === "docs/errors.md" ? "That address is taken." : null])
      })
    }
  }
})
