// A person at a browser of their own, whose computer can keep passkeys.
import { chromium } from "playwright-core"

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
]

/** Debian's Chromium, headless, with a fresh profile. `npm test` names the program. */
export const launchBrowser = () =>
  chromium.launch({ executablePath: process.env.TEST_CHROMIUM || "/usr/bin/chromium", args: flags })

/** What a person does, in the words of the pages. Nothing here goes past what is on the screen. */
export async function newPerson(browser, example, options) {
  const context = await browser.newContext(options)
  context.setDefaultTimeout(30_000) // for a busy machine
  const page = await context.newPage()
  const devices = await context.newCDPSession(page)
  await devices.send("WebAuthn.enable")
  const { authenticatorId } = await devices.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })

  const click = (role, name) => page.getByRole(role, { name }).click()
  const signedIn = () => page.getByRole("button", { name: "Sign out" }).waitFor()
  const signedOut = () => page.getByRole("heading", { name: "Sign in" }).waitFor()

  return {
    page,
    signedIn,
    signedOut,
    visit: (path = "/") => page.goto(new URL(path, example.address).href),

    async askForLink(email) {
      await page.getByLabel("E-mail").fill(email)
      await click("button", "Send me a link")
      await click("link", "Open the dev mailbox")
    },
    newestMail: () => page.getByRole("article").first(),
    async signInByLink(email) {
      await this.askForLink(email)
      const link = this.newestMail().getByRole("link")
      const address = await link.getAttribute("href")
      await link.click()
      await signedIn()
      return address
    },

    async continueWithProvider({ email, name }) {
      await click("button", "Continue with OpenID Connect")
      await page.getByLabel("E-mail").fill(email)
      await page.getByLabel("Name").fill(name)
      await click("button", "Continue")
    },
    async linkProvider() {
      await click("button", "Link")
      await click("button", "Continue")
      await signedIn()
    },

    async addPasskey() {
      const before = await this.section("Passkeys")
        .getByRole("listitem")
        .filter({ has: page.locator("code") })
        .count()
      await click("button", "Add a passkey")
      await this.section("Passkeys")
        .getByRole("listitem")
        .filter({ has: page.locator("code") })
        .nth(before)
        .waitFor()
    },
    async signInByPasskey() {
      // @simplewebauthn/server 9, which Auth.js requires, refuses about one in a hundred valid signatures: those in which
      // one half begins with a zero byte. A person tries again.
      for (let tries = 3; tries > 1; tries--) {
        await click("button", "Sign in with a passkey")
        if (
          await signedIn().then(
            () => true,
            () => false,
          )
        )
          return
        await this.visit()
      }
      await click("button", "Sign in with a passkey")
      await signedIn()
    },
    async signOut() {
      await click("button", "Sign out")
      await signedOut()
    },

    /** A picture for people to look at, in the folder that TEST_PICTURES names. */
    async picture(name) {
      const folder = process.env.TEST_PICTURES
      if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true })
    },
    section: (name) => page.locator("section").filter({ has: page.getByRole("heading", { name }) }),
    heading: () => page.getByRole("heading", { level: 1 }).textContent(),
    alert: () => page.getByRole("alert").textContent(),
    passkeys: async () => (await devices.send("WebAuthn.getCredentials", { authenticatorId })).credentials,
    close: () => context.close(),
  }
}
