// One Next.js app that moves from Auth.js to Better Auth while people are signed in, in real browsers: the app of
// docs/from-authjs-to-better-auth.md, which is built and deployed three times, before once more with sessions that are
// JWTs, and at last as it was. Not by `next dev`: its server has open pages loaded anew, as no deployment does.
import assert from "node:assert/strict"
import { cpSync, readdirSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { startIdentityProvider } from "../../examples/local/identity-provider.js"
import { RustAdapter } from "../../index.js"
import { databases } from "../databases.js"
import { build, createApp, start } from "../nextjs/app.js"
import { mustRun, root } from "../run/command.js"
import { freePort } from "../servers/port.js"
import { launchBrowser } from "./person.js"

const limit = { timeout: 900_000 }
const fixture = join(root, "__test__/nextjs")
const ada = { email: "ada@example.com", name: "Ada" }

/** Puts a step's files over the app's. An empty one says that the app's goes. */
function put(step, folder) {
  const files = join(fixture, "from-authjs", step)
  for (const path of readdirSync(files, { recursive: true })) {
    const file = statSync(join(files, path))
    if (!file.isFile()) continue
    if (file.size === 0) rmSync(join(folder, path))
    else cpSync(join(files, path), join(folder, path))
  }
}

for (const lane of databases.filter(({ name }) => name === "sqlite")) {
  describe(`an app moves from Auth.js to Better Auth on ${lane.name}`, limit, () => {
    let database, company, folder, env, address, server, browser, laptop, phone, tablet
    before(async () => {
      database = await lane.create()
      const adapter = RustAdapter(database.url, { migrate: true })
      await adapter.getUser("nobody")
      await adapter.close()
      const port = await freePort()
      address = `http://localhost:${port}`
      company = await startIdentityProvider({ redirectUri: `${address}/api/auth/callback/company` })
      env = {
        PORT: String(port),
        DATABASE_URL: database.url,
        AUTH_URL: address,
        BETTER_AUTH_URL: address,
        COMPANY_ISSUER: company.issuer,
        COMPANY_ID: company.clientId,
        COMPANY_SECRET: company.clientSecret,
      }
      folder = createApp("from-authjs", "from-authjs/1-authjs")
      cpSync(join(fixture, "fixture/tsconfig.json"), join(folder, "tsconfig.json"))
      await deploy("jwt")
      browser = await launchBrowser()
      laptop = await newPerson()
      phone = await newPerson()
      tablet = await newPerson()
    }, limit)
    after(async () => {
      await browser?.close()
      await server?.stop()
      await company?.close()
      await database?.close()
    }, limit)

    /** Stops the app, builds it with the files of a step, and starts it. */
    async function deploy(step) {
      await server?.stop()
      put(step, folder)
      await build(folder, { env })
      server = await start(folder, env)
    }

    /** A browser of its own. `seen`: the paths of the app that it has been at since this was last looked at. */
    async function newPerson() {
      const context = await browser.newContext()
      context.setDefaultTimeout(180_000) // for a busy machine
      const page = await context.newPage()
      const seen = []
      page.on("framenavigated", (frame) => frame.url().startsWith(address) && seen.push(new URL(frame.url()).pathname))
      const heading = (name) => page.getByRole("heading", { level: 1, name, exact: true }).waitFor()
      /** A button does nothing until React has come. Each first answer of Auth.js's sets another CSRF token: a click waits for the last one. */
      const click = async (name) => {
        await page.waitForLoadState("networkidle")
        const button = page.getByRole("button", { name, exact: true })
        await button.waitFor()
        await page.waitForFunction(() =>
          Object.keys(document.querySelector("button")).some((key) => key.startsWith("__reactProps")),
        )
        await button.click()
      }
      return {
        page,
        heading,
        click,
        seen: () => seen.splice(0),
        /** Since its paths were last looked at. */
        neverAskedToSignIn() {
          const paths = seen.splice(0)
          assert.ok(paths.length > 0 && !paths.includes("/sign-in"), paths.join(" "))
        },
        visit: (path) => page.goto(address + path),
        greeted: () => heading(`Hello, ${ada.name}`),
        /** What the browser's side of the app knows, which may set cookies. */
        addressed: () => page.getByText(ada.email, { exact: true }).waitFor(),
        cookies: async () =>
          (await context.cookies(address)).map(({ name }) => name).filter((name) => /session.token/.test(name)),
        /** All cookies, to be put back later by `remember`. */
        memory: () => context.cookies(),
        remember: (cookies) => context.addCookies(cookies),
        async signIn() {
          await this.visit("/")
          await this.heading("Sign in")
          await this.click("With your company's account")
          await this.agree()
          await this.greeted()
          await this.addressed()
        },
        async agree() {
          await page.getByLabel("E-mail").fill(ada.email)
          await page.getByLabel("Name").fill(ada.name)
          await page.getByRole("button", { name: "Continue" }).click()
        },
      }
    }
    const count = async (table) => Number((await database.rows(`SELECT COUNT(*) AS "n" FROM "${table}"`))[0].n)

    /** A test that, when it fails, also tells what the app had to say. */
    const step = (name, run) =>
      it(name, async () => {
        try {
          await run()
        } catch (error) {
          error.message += `\n\nThe app said:\n${server.output()}`
          throw error
        }
      })

    let beforeTheMove
    step("Auth.js, with JWTs, signs in a tablet", async () => {
      await tablet.signIn()
      assert.deepEqual(await tablet.cookies(), ["authjs.session-token"])
      assert.deepEqual([await count("user"), await count("session")], [1, 0])
    })

    step("Auth.js, with sessions in the database, signs in a laptop and a phone", async () => {
      await deploy("1-authjs")
      for (const person of [laptop, phone]) {
        await person.signIn()
        assert.deepEqual(await person.cookies(), ["authjs.session-token"])
      }
      assert.equal(await count("session"), 2)
    })

    step("the tables are completed while Auth.js works on", async () => {
      laptop.seen()
      // Nothing of the app imports it yet.
      cpSync(join(fixture, "from-authjs/2-both/auth-next.ts"), join(folder, "auth-next.ts"))
      const args = ["node_modules/rust-auth-adapter/bin/rust-auth-adapter.js", "better-auth", "migrate"]
      await mustRun(process.execPath, [...args, "--config", "auth-next.ts"], { folder, env })
      await laptop.visit("/account")
      await laptop.heading(`The account of ${ada.name}`)
      laptop.neverAskedToSignIn()
    })

    step("with both, who is signed in stays so on every page", async () => {
      await deploy("2-both")
      await laptop.visit("/")
      await laptop.greeted()
      await laptop.addressed()
      await laptop.visit("/account") // still Auth.js's
      await laptop.heading(`The account of ${ada.name}`)
      laptop.neverAskedToSignIn()
      assert.deepEqual((await laptop.cookies()).sort(), ["authjs.session-token", "better-auth.session_token"])
      assert.equal(await count("session"), 2)
    })

    step("devices are listed, and signed out from here", async () => {
      const devices = async () => {
        await laptop.visit("/devices")
        await laptop.heading("Devices")
        return (await laptop.page.getByRole("listitem").allTextContents()).sort()
      }
      assert.deepEqual(await devices(), ["Another device", "This device"])
      await laptop.click("Sign out all others")
      await laptop.page.getByText("Another device").waitFor({ state: "detached" })
      assert.deepEqual(await devices(), ["This device"])
      await phone.visit("/account")
      await phone.heading("Sign in")
      await phone.click("With your company's account")
      await phone.greeted()
      assert.deepEqual(await devices(), ["Another device", "This device"])
    })

    step("with Better Auth alone, who is signed in stays so, and Auth.js's cookie goes", async () => {
      await deploy("3-better-auth")
      for (const person of [laptop, phone]) {
        person.seen()
        await person.visit("/")
        await person.greeted()
        await person.addressed()
        await person.visit("/account")
        await person.heading(`The account of ${ada.name}`)
        person.neverAskedToSignIn()
        assert.deepEqual(await person.cookies(), ["better-auth.session_token"])
      }
      assert.equal(await count("session"), 2)
    })

    step("a JWT goes on as one session, and its cookie goes", async () => {
      // By now, and no sooner: Auth.js renews a JWT each time that a page asks for the session, and each is one more.
      beforeTheMove = await tablet.memory()
      tablet.seen()
      await tablet.visit("/") // A server component, which sets no cookie.
      await tablet.greeted()
      await tablet.addressed() // By then the browser has asked, too.
      await tablet.visit("/account")
      await tablet.heading(`The account of ${ada.name}`)
      tablet.neverAskedToSignIn()
      assert.deepEqual(await tablet.cookies(), ["better-auth.session_token"])
      assert.equal(await count("session"), 3)
    })

    step("a person who signs out does not come back, by the JWT of before neither", async () => {
      await tablet.visit("/")
      await tablet.click("Sign out")
      await tablet.heading("Sign in")
      assert.deepEqual(await tablet.cookies(), [])
      await tablet.remember(beforeTheMove)
      assert.deepEqual(await tablet.cookies(), ["authjs.session-token"])
      for (const path of ["/account", "/"]) {
        await tablet.visit(path)
        await tablet.heading("Sign in")
      }
      assert.equal(await count("session"), 2)
    })

    step("a person signs out, and in again as the same user", async () => {
      await laptop.visit("/")
      await laptop.click("Sign out")
      await laptop.heading("Sign in")
      assert.deepEqual(await laptop.cookies(), [])
      assert.equal(await count("session"), 1)
      await laptop.visit("/account")
      await laptop.heading("Sign in")
      await laptop.click("With your company's account")
      await laptop.greeted()
      assert.deepEqual([await count("user"), await count("account"), await count("session")], [1, 1, 2])
      await phone.visit("/")
      await phone.greeted()
    })

    step("the app goes back to Auth.js: people sign in once more, and are who they were", async () => {
      put("back", folder)
      await deploy("1-authjs")
      await laptop.visit("/account")
      await laptop.heading("Sign in")
      await laptop.click("With your company's account")
      await laptop.greeted()
      await laptop.visit("/account")
      await laptop.heading(`The account of ${ada.name}`)
      assert.deepEqual((await laptop.cookies()).sort(), ["authjs.session-token", "better-auth.session_token"])
      assert.deepEqual([await count("user"), await count("account"), await count("session")], [1, 1, 3])
    })
  })
}
