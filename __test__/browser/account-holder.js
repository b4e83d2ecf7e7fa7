// A person who uses the Next.js example, with an account that has pages of its own.
import { newPerson } from "./person.js"

export async function newAccountHolder(browser, example, options) {
  const person = await newPerson(browser, example, options)
  const { page, signedOut } = person
  const click = (role, name) => page.getByRole(role, { name, exact: true }).click()
  const atProvider = () => page.getByRole("heading", { name: "Local identity provider" }).waitFor()
  const item = (name) => page.getByRole("listitem").filter({ hasText: name })

  return {
    ...person,
    item,

    /** Goes to a page of the account by its name in the navigation. */
    async open(name) {
      await page.getByRole("navigation", { name: "Account" }).getByRole("link", { name }).click()
      await page.getByRole("heading", { level: 1, name }).waitFor()
    },
    // Next.js announces its pages in an alert of its own.
    alert: () => page.locator("p[role=alert]").textContent(),

    async continueWithProvider({ email, name }) {
      await click("button", "Continue with OpenID Connect")
      await atProvider()
      await page.getByLabel("E-mail").fill(email)
      await page.getByLabel("Name").fill(name)
      await click("button", "Continue")
    },
    async linkProvider() {
      await click("button", "Link OpenID Connect")
      await atProvider()
      await click("button", "Continue")
      await page.getByRole("button", { name: "Unlink OpenID Connect" }).waitFor()
    },
    async cancelLinking() {
      await click("button", "Link OpenID Connect")
      await atProvider()
      await click("button", "Cancel")
      await page.getByRole("heading", { level: 1, name: "Linked accounts" }).waitFor()
    },
    /** Links another account than the one that the provider is told of. */
    async linkAs(email) {
      await click("button", "Link OpenID Connect")
      await atProvider()
      await page.getByLabel("E-mail").fill(email)
      await click("button", "Continue")
      await page.getByRole("heading", { level: 1, name: "Linked accounts" }).waitFor()
    },
    async cancelSigningIn() {
      await click("button", "Continue with OpenID Connect")
      await atProvider()
      await click("button", "Cancel")
      await signedOut()
    },
    /** What the last action came to: it has the focus. */
    async focused(text) {
      await page.getByText(text).waitFor()
      await page.waitForFunction((wanted) => document.activeElement?.textContent === wanted, text)
    },
    async unlinkProvider() {
      await click("button", "Unlink OpenID Connect")
      await page.getByRole("button", { name: "Link OpenID Connect", exact: true }).waitFor()
    },
    async removePasskey() {
      const button = page.getByRole("button", { name: "Remove passkey" })
      await button.click()
      await button.waitFor({ state: "detached" })
    },

    async register({ name, email, password }) {
      await page.getByRole("heading", { name: "Register" }).waitFor()
      await page.getByLabel("Name").fill(name)
      await page.getByLabel("E-mail").fill(email)
      await page.getByLabel("Password").fill(password)
      await click("button", "Register")
    },
    async signInByPassword({ email, password }) {
      await page.getByRole("heading", { name: "Sign in with a password" }).waitFor()
      await page.getByLabel("E-mail").fill(email)
      await page.getByLabel("Password").fill(password)
      await page.getByRole("main").getByRole("button", { name: "Sign in", exact: true }).click()
    },
    async changePassword(password) {
      await page.getByLabel("New password").fill(password)
      await click("button", "Change password")
    },

    async rename(name) {
      await page.getByLabel("Name").fill(name)
      await click("button", "Save")
      await page.getByText("Saved.").waitFor()
    },
    devices: () => page.getByRole("listitem").count(),
    async signOutDevice(name) {
      await item(name).getByRole("button", { name: "Sign out" }).click()
    },
    async signOutOthers() {
      await click("button", "Sign out all others")
      await page.getByRole("button", { name: "Sign out all others" }).waitFor({ state: "detached" })
    },
    async deleteAccount(confirmation) {
      await page.getByLabel(/to confirm/).fill(confirmation)
      await click("button", "Delete my account")
    },
    signOut: async () => {
      await page.getByRole("banner").getByRole("button", { name: "Sign out" }).click()
      await signedOut()
    },
  }
}
