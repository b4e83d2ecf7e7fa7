// The applications of docs/servers.md and docs/express.md run: on Node.js, Bun and Deno, each against a SQLite file.
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { after, before, describe, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { RustAdapter } from "../../../index.js"
import { command } from "../../run/command.js"
import { freePort } from "../../servers/port.js"
import { bin, createFolder, transpiled, write } from "./app.js"
import { applicationOf, blocksOf } from "./pages.js"

const deno = blocksOf("docs/servers.md", ["sh"])
  .map(({ code }) => code.match(/^deno (.*)\n/)?.[1])
  .find(Boolean)
  .split(" ")

const applications = [
  { name: "Hono", page: "docs/servers.md", file: "hono.ts", program: () => [process.execPath, "hono.js"] },
  { name: "Fastify", page: "docs/servers.md", file: "fastify.ts", program: () => [process.execPath, "fastify.js"] },
  { name: "Express", page: "docs/express.md", file: "app.ts", program: () => [process.execPath, "app.js"] },
  { name: "Bun", page: "docs/servers.md", file: "bun.ts", program: () => [bin("bun"), "run", "bun.ts"] },
  { name: "Deno", page: "docs/servers.md", file: "deno.ts", program: () => [bin("deno"), ...deno] },
]

describe("applications of the pages", () => {
  let parent
  before(() => {
    parent = createFolder()
  })
  after(() => rmSync(dirname(parent), { recursive: true, force: true }))

  test("Deno without --allow-ffi: the error names it", async () => {
    const code = `await import("rust-auth-adapter").catch(({ code, message }) => console.log(code, message))`
    const folder = write(parent, "deno-ffi", new Map([["deno.ts", code]]))
    const flags = deno.filter((flag) => flag !== "--allow-ffi")
    assert.notEqual(flags.length, deno.length)
    const { status, output } = await command(bin("deno"), flags, { folder, env: { NO_COLOR: "1" } })
    assert.equal(status, 0, output)
    assert.match(output, /^ERR_CORE_NOT_LOADED .* keep it from being loaded: start Deno with --allow-ffi/m)
  })

  for (const { name, page, file, program } of applications) {
    test(`${name}: sends a person without a session to sign in, greets one with a session, signs out`, async (t) => {
      const all = applicationOf(page)
      const own = new Map([...all].filter(([path]) => [file, "auth.ts"].includes(path)))
      const folder = write(parent, name.toLowerCase(), new Map([...own, ...transpiled(own)]))
      const data = mkdtempSync(join(tmpdir(), "servers-"))
      const DATABASE_URL = `sqlite:${join(data, "app.db")}`
      const adapter = RustAdapter(DATABASE_URL)
      const user = await adapter.createUser({ email: "ada@example.com" })
      await adapter.createSession({ sessionToken: "token", userId: user.id, expires: new Date(Date.now() + 1e8) })

      const port = await freePort()
      const [executable, ...args] = program()
      const env = {
        ...process.env,
        DATABASE_URL,
        PORT: String(port),
        AUTH_SECRET: "a secret of the test",
        NO_COLOR: "1",
      }
      const said = []
      const server = spawn(executable, args, {
        cwd: folder,
        env: { ...env, AUTH_GITHUB_ID: "id", AUTH_GITHUB_SECRET: "secret" },
      })
      for (const stream of [server.stdout, server.stderr]) stream.on("data", (chunk) => said.push(chunk))
      const ended = once(server, "exit")
      t.after(async () => {
        server.kill("SIGKILL")
        await ended
        await adapter.close()
        rmSync(data, { recursive: true, force: true })
      })

      const origin = `http://localhost:${port}`
      const ask = (path, init) => fetch(origin + path, { redirect: "manual", ...init })
      const answers = async () => {
        for (let tries = 0; tries < 300; tries++) {
          if (server.exitCode !== null) break
          try {
            return await ask("/auth/providers")
          } catch {
            await sleep(100)
          }
        }
        assert.fail(`${name} did not start: ${said.join("")}`)
      }
      assert.deepEqual(Object.keys(await (await answers()).json()), ["github"])

      const stranger = await ask("/")
      assert.equal(stranger.status, 302)
      assert.equal(new URL(stranger.headers.get("location"), origin).pathname, "/auth/signin")

      const signedIn = { cookie: "authjs.session-token=token" }
      assert.equal(await (await ask("/", { headers: signedIn })).text(), "Hello ada@example.com")

      const csrf = await ask("/auth/csrf", { headers: signedIn })
      const { csrfToken } = await csrf.json()
      const cookies = [signedIn.cookie, ...csrf.headers.getSetCookie().map((cookie) => cookie.split(";")[0])].join("; ")
      const body = new URLSearchParams({ csrfToken })
      const out = await ask("/auth/signout", { method: "POST", headers: { cookie: cookies, origin }, body })
      assert.equal(out.status, 302, await out.text())
      assert.equal(await adapter.getSessionAndUser("token"), null)
    })
  }
})
