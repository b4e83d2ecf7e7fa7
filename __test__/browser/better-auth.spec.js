// `npm run start:better-auth` as a person uses it, in a real browser, on every database.
import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { databases } from "../databases.js"
import { startExample } from "./example.js"
import { launchBrowser } from "./person.js"

const limit = { timeout: 120_000 }
/** What browsers say of themselves. */
const agents = {
  "Chrome on Android":
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
  "Edge on Windows":
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
  "Opera on macOS":
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 OPR/124.0.0.0",
  "Safari on iPhone":
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
}
/** Without the spaces that versions of Intl differ in. */
const plain = (text) => text.replaceAll(/\s/g, " ")

const ada = { name: `Ada <b>"Countess"</b> 😀`, email: "ada@example.com", password: "correct horse battery" }

for (const lane of databases) {
  describe(`the Better Auth example on ${lane.name}`, limit, () => {
    let browser, database, example, laptop

    before(async () => {
      database = await lane.create()
      example = await startExample("better-auth", { databaseUrl: database.url })
      browser = await launchBrowser()
      laptop = await newPage()
    }, limit)
    after(async () => {
      await browser?.close()
      await example?.stop("SIGTERM")
      await database?.close()
    }, limit)

    /** A page of a browser of its own. */
    async function newPage(options) {
      const context = await browser.newContext(options)
      context.setDefaultTimeout(30_000) // for a busy machine
      const page = await context.newPage()
      await page.goto(example.address)
      return page
    }
    const section = (page, heading) =>
      page.locator("section").filter({ has: page.getByRole("heading", { name: heading }) })
    const heading = (page) => page.getByRole("heading", { level: 1 }).textContent()
    const signedIn = (page) => page.getByRole("heading", { name: "Devices" }).waitFor()
    const count = async (table) => Number((await database.rows(`SELECT COUNT(*) AS "n" FROM "${table}"`))[0].n)

    async function signIn(page, { email, password }) {
      const form = section(page, "Sign in")
      await form.getByLabel("E-mail").fill(email)
      await form.getByLabel("Password").fill(password)
      await form.getByRole("button", { name: "Sign in" }).click()
    }

    /** A test that, when it fails, also tells what the app had to say. */
    const step = (name, run) =>
      it(name, async () => {
        try {
          await run()
        } catch (error) {
          error.message += `\n\nThe example said:\n${example.output()}`
          throw error
        }
      })

    step("creates an account with the keyboard alone", async () => {
      const form = section(laptop, "New here?")
      await form.getByLabel("Name").focus()
      for (const text of [ada.name, ada.email, ada.password]) {
        await laptop.keyboard.type(text)
        await laptop.keyboard.press("Tab")
      }
      assert.equal(await laptop.evaluate(() => document.activeElement.textContent), "Create an account")
      await laptop.keyboard.press("Enter")
      await signedIn(laptop)
      assert.equal(await heading(laptop), ada.name)
      assert.deepEqual([await count("user"), await count("account"), await count("session")], [1, 1, 1])
    })

    step("signs out and in, and says so when a password is wrong", async () => {
      await laptop.getByRole("button", { name: "Sign out" }).click()
      await laptop.getByRole("heading", { name: "Sign in" }).waitFor()
      assert.equal(await count("session"), 0)
      await signIn(laptop, { ...ada, password: "something else" })
      assert.match(await laptop.getByRole("alert").textContent(), /no account with this/)
      await signIn(laptop, ada)
      await signedIn(laptop)
    })

    step("changes a name", async () => {
      await laptop.getByLabel("Name").fill("Ada Lovelace")
      await laptop.getByRole("button", { name: "Change" }).click()
      await laptop.getByRole("status").filter({ hasText: "Your name is changed" }).waitFor()
      assert.equal(await heading(laptop), "Ada Lovelace")
      assert.equal((await database.rows(`SELECT "name" FROM "user"`))[0].name, "Ada Lovelace")
    })

    step("signs another device out from here", async () => {
      const phone = await newPage({ userAgent: agents["Chrome on Android"] })
      await signIn(phone, ada)
      await signedIn(phone)
      await laptop.goto(example.address)
      const device = (name) => section(laptop, "Devices").getByRole("listitem").filter({ hasText: name })
      assert.match(
        await device("this device").textContent(),
        /^\s*Chrome on Linux \(this device\)\s*Last used just now/,
      )
      await device("Chrome on Android").getByRole("button", { name: "Sign out" }).click()
      await laptop.getByRole("status").filter({ hasText: "That device is signed out" }).waitFor()
      await phone.reload()
      await phone.getByRole("heading", { name: "Sign in" }).waitFor()
      assert.equal(await count("session"), 1)
      await phone.context().close()
    })

    step(
      "tells browsers apart that say they are others, too, and says when each was last used, in the visitor's zone",
      async () => {
        const visitors = []
        for (const userAgent of Object.values(agents)) {
          const visitor = await newPage({ userAgent, timezoneId: "Asia/Kolkata" })
          await signIn(visitor, ada)
          await signedIn(visitor)
          visitors.push(visitor)
        }
        await laptop.goto(example.address)
        const items = section(laptop, "Devices").getByRole("listitem")
        const names = (await items.locator("strong").allTextContents()).slice(1)
        assert.deepEqual(names.sort(), Object.keys(agents).sort())
        const [visitor] = visitors
        const until = visitor.locator("dl time")
        const moment = new Date(await until.getAttribute("datetime"))
        const format = { dateStyle: "medium", timeStyle: "short", timeZone: "Asia/Kolkata" }
        assert.equal(plain(await until.textContent()), plain(new Intl.DateTimeFormat("en", format).format(moment)))
        // Six minutes later.
        await visitor.clock.setFixedTime(Date.now() + 6 * 60_000)
        await visitor.goto(example.address)
        await section(visitor, "Devices").getByText("Last used 6 minutes ago").first().waitFor()
        await laptop.getByRole("button", { name: "Sign out all others" }).click()
        await laptop.getByRole("status").filter({ hasText: "All other devices are signed out" }).waitFor()
        assert.equal(await count("session"), 1)
        for (const each of visitors) await each.context().close()
      },
    )

    step("a new password by a link that works once, and signs every device out", async () => {
      const forgetful = await newPage()
      await forgetful.getByRole("link", { name: "Forgot your password?" }).click()
      await forgetful.getByLabel("E-mail").fill(ada.email)
      await forgetful.getByRole("button", { name: "Send me a link" }).click()
      await forgetful.getByRole("link", { name: /Dev mailbox/ }).click()
      const letter = forgetful.getByRole("article").first()
      assert.match(await letter.textContent(), /ada@example\.com/)
      const link = await letter.getByRole("link").getAttribute("href")
      const choose = async (password) => {
        await forgetful.goto(link)
        await forgetful.getByLabel("New password").fill(password)
        await forgetful.getByRole("button", { name: "Change it" }).click()
      }
      await choose("another password")
      await forgetful.getByRole("status").filter({ hasText: "Your password is changed" }).waitFor()
      await choose("and yet another")
      assert.match(await forgetful.getByRole("alert").textContent(), /used already/)
      await laptop.reload()
      await laptop.getByRole("heading", { name: "Sign in" }).waitFor()
      await forgetful.goto(example.address)
      await signIn(forgetful, { ...ada, password: "another password" })
      await signedIn(forgetful)
      await forgetful.context().close()
    })

    step("takes a form only from its own pages", async () => {
      const page = await newPage()
      await signIn(page, { ...ada, password: "another password" })
      await signedIn(page)
      const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ")
      const before = await count("session")
      const signOut = (origin) =>
        fetch(`${example.address}/sign-out`, {
          method: "POST",
          redirect: "manual",
          headers: { origin, cookie, "content-type": "application/x-www-form-urlencoded" },
        })
      await signOut("https://evil.example")
      assert.equal(await count("session"), before)
      await signOut(example.address)
      assert.equal(await count("session"), before - 1)
      await page.context().close()
    })

    step("fits a telephone, in light and in dark, with a label for every field", async () => {
      for (const colorScheme of ["light", "dark"]) {
        const page = await newPage({ colorScheme, viewport: { width: 360, height: 740 } })
        const { width, ground, unlabelled } = await page.evaluate(() => ({
          width: document.documentElement.scrollWidth,
          ground: getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number),
          unlabelled: [...document.querySelectorAll("input:not([type=hidden])")].filter(({ labels }) => !labels.length)
            .length,
        }))
        assert.ok(width <= 360, `${width} wide`)
        assert.equal(ground[0] > 128, colorScheme === "light")
        assert.equal(unlabelled, 0)
        await page.context().close()
      }
    })
  })
}
