// The examples' pages on three widths, light and dark: axe-core finds nothing, nothing is wider than the screen, and the page
// that one is on shows in the navigation. TEST_PICTURES names a folder for their pictures.
import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import axe from "axe-core"
import { databases } from "../databases.js"
import { newAccountHolder } from "./account-holder.js"
import { startExample } from "./example.js"
import { launchBrowser, newPerson } from "./person.js"

const limit = { timeout: 300_000 }
const longName = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaftschaferswessenschafe"

const examples = {
  nextjs: {
    newPerson: newAccountHolder,
    stranger: ["/signin", "/signin?error=Verification", "/signin/password", "/register", "/signin/sent", "/mailbox"],
    own: ["/account", "/account/devices", "/account/links", "/account/links?error=AccessDenied", "/account/delete"],
    signIn: async (person) => {
      await person.visit("/register")
      await person.register({ name: longName, email: "ada@example.com", password: "an enigma" })
      await person.signedIn()
    },
  },
  express: {
    newPerson,
    stranger: ["/", "/?error=Verification", "/sent", "/mailbox"],
    own: ["/", "/?error=AccountNotLinked"],
    signIn: async (person) => {
      await person.visit()
      await person.continueWithProvider({ email: "ada@example.com", name: longName })
      await person.signedIn()
    },
  },
  "better-auth": {
    newPerson,
    stranger: ["/", "/?error=INVALID_TOKEN", "/forgot", "/reset?token=x", "/mailbox"],
    own: ["/", "/?notice=renamed"],
    signIn: async ({ page, visit }) => {
      await visit()
      const form = page.locator("section").filter({ has: page.getByRole("heading", { name: "New here?" }) })
      await form.getByLabel("Name").fill(longName)
      await form.getByLabel("E-mail").fill("ada@example.com")
      await form.getByLabel("Password").fill("correct horse battery")
      await form.getByRole("button", { name: "Create an account" }).click()
      await page.getByRole("heading", { name: "Devices" }).waitFor()
    },
  },
}

for (const [name, { newPerson, stranger, own, signIn }] of Object.entries(examples)) {
  for (const lane of databases.filter(({ name }) => name === "sqlite")) {
    describe(`the looks of the ${name} example`, limit, () => {
      let browser, database, example, person
      before(async () => {
        database = await lane.create()
        example = await startExample(name, { databaseUrl: database.url })
        browser = await launchBrowser()
        person = await newPerson(browser, example)
      }, limit)
      after(async () => {
        await browser?.close()
        await example?.stop("SIGTERM")
        await database?.close()
      }, limit)

      /** What is wrong with the page as it is now. */
      async function faults() {
        const { page } = person
        // The pages' own policy lets no other script in: this one comes past it, by the debugger.
        await page.evaluate(axe.source)
        const { violations } = await page.evaluate(() => window.axe.run())
        const found = violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`))
        const { wide, hidden } = await page.evaluate(() => {
          const { scrollWidth, clientWidth } = document.documentElement
          const tab = document.querySelector("[aria-current=page]")?.getBoundingClientRect()
          return { wide: scrollWidth - clientWidth, hidden: tab ? tab.left < 0 || tab.right > clientWidth : false }
        })
        if (wide > 0) found.push(`${wide} pixels wider than the screen`)
        if (hidden) found.push("the page that one is on is out of sight in the navigation")
        return found
      }

      async function look(path, who) {
        for (const width of [375, 768, 1280]) {
          for (const colorScheme of ["light", "dark"]) {
            await person.page.setViewportSize({ width, height: 800 })
            await person.page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
            await person.visit(path)
            await person.picture(`${name}-${who}-${path.replaceAll(/\W+/g, "-")}-${width}-${colorScheme}`)
            assert.deepEqual(await faults(), [], `${path} at ${width}, ${colorScheme}`)
          }
        }
      }

      for (const path of stranger) it(`${path}, to a visitor`, () => look(path, "visitor"))
      it("an account with a very long name", () => signIn(person))
      for (const path of own) it(`${path}, to a person who is signed in`, () => look(path, "owner"))
    })
  }
}

describe("the identity provider of the examples", limit, () => {
  it("is as accessible as they are", async () => {
    const browser = await launchBrowser()
    const [lane] = databases.filter(({ name }) => name === "sqlite")
    if (!lane) return browser.close()
    const database = await lane.create()
    const example = await startExample("express", { databaseUrl: database.url })
    try {
      const blank = await browser.newPage()
      await blank.setContent("<input>")
      await blank.evaluate(axe.source)
      const without = await blank.evaluate(() => window.axe.run())
      assert.ok(
        without.violations.some(({ id }) => id === "label"),
        "axe-core does look",
      )

      const { page, visit, picture } = await newPerson(browser, example)
      await visit()
      await page.getByRole("button", { name: "Continue with OpenID Connect" }).click()
      await page.getByRole("heading", { name: "Local identity provider" }).waitFor()
      await page.evaluate(axe.source)
      const { violations } = await page.evaluate(() => window.axe.run())
      assert.deepEqual(
        violations.map(({ id }) => id),
        [],
      )
      await picture("identity-provider")
    } finally {
      await browser.close()
      await example.stop("SIGTERM")
      await database.close()
    }
  })
})
