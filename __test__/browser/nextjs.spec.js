// The Next.js example (`npm start`) as a person uses it, in a real browser, on every database; the stored rows read by
// another client.
import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { databases } from "../databases.js"
import { newAccountHolder } from "./account-holder.js"
import { startExample } from "./example.js"
import { launchBrowser } from "./person.js"

const limit = { timeout: 180_000 }

const iPhone =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"

for (const lane of databases) {
  describe(`the Next.js example on ${lane.name}`, limit, () => {
    let browser, database, example, ada
    const person = (options) => newAccountHolder(browser, example, options)

    before(async () => {
      database = await lane.create()
      example = await startExample("nextjs", { databaseUrl: database.url })
      browser = await launchBrowser()
      ada = await person()
    }, limit)

    after(async () => {
      await browser?.close()
      await example?.stop("SIGTERM")
      await database?.close()
    }, limit)

    /** How many rows each table has. */
    const counts = async () => {
      const found = {}
      for (const table of ["user", "account", "session", "verificationToken", "authenticator"]) {
        found[table] = (await database.stored(table)).length
      }
      return found
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

    let user, usedLink

    step("sends a visitor who is not signed in from every page of the account to the sign-in page", async () => {
      for (const path of ["/account", "/account/devices", "/account/links", "/account/delete"]) {
        const { status, headers } = await fetch(example.address + path, { redirect: "manual" })
        assert.equal(status, 307)
        assert.equal(headers.get("location"), `/signin?from=${encodeURIComponent(path)}`)
      }
    })

    step("signs in by a magic link, and goes where one was about to go", async () => {
      await ada.visit("/account/devices")
      await ada.signedOut()
      await ada.askForLink("Ada@Example.com")
      assert.match(await ada.newestMail().textContent(), /ada@example\.com/)
      const [token] = await database.stored("verificationToken")
      assert.equal(token.identifier, "ada@example.com")

      const link = ada.newestMail().getByRole("link")
      usedLink = await link.getAttribute("href")
      await link.click()
      await ada.signedIn()
      assert.equal(await ada.heading(), "Your devices")
      assert.equal(await ada.devices(), 1)
      ;[user] = await database.stored("user")
      assert.equal(user.email, "ada@example.com")
      assert.ok(Math.abs(Date.now() - user.emailVerified) < 60_000, `emailVerified is ${user.emailVerified}`)
      assert.deepEqual(await counts(), { user: 1, account: 0, session: 1, verificationToken: 0, authenticator: 0 })
    })

    step("does not accept the link a second time", async () => {
      const eve = await person()
      await eve.visit(usedLink)
      assert.match(await eve.alert(), /used already/)
      assert.equal((await counts()).session, 1)
      await eve.close()
    })

    step("takes a person who is signed in, and follows that link once more, to the account, and says why", async () => {
      await ada.visit(usedLink)
      await ada.signedIn()
      assert.equal(await ada.heading(), "Profile")
      await ada.page.getByText("That link has been used already, or it is too old. You are signed in.").waitFor()
      assert.equal((await counts()).session, 1)
    })

    step("keeps the session token from the page", async () => {
      const [{ sessionToken }] = await database.stored("session")
      await ada.open("Your devices")
      assert.ok(!(await ada.page.content()).includes(sessionToken))
      const session = await ada.page.evaluate(() => fetch("/api/auth/session").then((answer) => answer.text()))
      assert.match(session, /ada@example\.com/)
      assert.ok(!session.includes(sessionToken))
    })

    step("changes the name", async () => {
      await ada.open("Profile")
      const name = `Ada <b>"Lovelace"</b> 😀`
      await ada.rename(name)
      assert.equal((await database.stored("user"))[0].name, name)
      await ada.page.reload()
      assert.equal(await ada.page.getByLabel("Name").inputValue(), name)
      assert.equal(await ada.page.getByText("Hello").textContent(), `Hello, ${name}.`)
      await ada.rename("")
      assert.equal((await database.stored("user"))[0].name, null)
      await ada.rename("Ada")
    })

    step("registers a passkey, and links an account at the identity provider", async () => {
      await ada.open("Linked accounts")
      await ada.addPasskey()
      const [{ credentialId }] = await ada.passkeys()
      assert.deepEqual(
        (await database.stored("authenticator")).map(({ credentialID }) => credentialID),
        [credentialId],
      )
      await ada.cancelLinking()
      assert.match(await ada.alert(), /Nothing was linked: the identity provider refused, or you cancelled there/)
      await ada.linkAs("countess@example.com")
      assert.match(await ada.item("OpenID Connect").textContent(), /as countess@example\.com/)
      await ada.unlinkProvider()
      await ada.focused("The account is unlinked.")
      await ada.linkProvider()
      assert.match(await ada.item("OpenID Connect").textContent(), /as ada@example\.com/)
      const accounts = await database.stored("account")
      assert.deepEqual(accounts.map(({ provider }) => provider).sort(), ["local", "passkey"])
      assert.deepEqual(new Set(accounts.map(({ userId }) => userId)), new Set([user.id]))
    })

    step("signs in with the passkey", async () => {
      await ada.signOut()
      assert.equal((await counts()).session, 0)
      await ada.signInByPasskey()
      await ada.page.getByRole("heading", { name: "Profile" }).waitFor()
      assert.deepEqual(
        (await database.stored("session")).map(({ userId }) => userId),
        [user.id],
      )
    })

    step("signs in through the identity provider as the person it is linked to", async () => {
      await ada.signOut()
      await ada.continueWithProvider({ email: "ada@example.com", name: "Ada" })
      await ada.signedIn()
      assert.deepEqual(
        (await database.stored("session")).map(({ userId }) => userId),
        [user.id],
      )
    })

    step("unlinks the account, and the passkey, which then sign no user in", async () => {
      await ada.open("Linked accounts")
      await ada.unlinkProvider()
      assert.deepEqual(
        (await database.stored("account")).map(({ provider }) => provider),
        ["passkey"],
      )
      await ada.removePasskey()
      await ada.focused("The passkey is removed.")
      assert.deepEqual(await database.stored("account"), [])
      await ada.signOut()
      await ada.continueWithProvider({ email: "ada@example.com", name: "Ada" })
      assert.match(await ada.alert(), /Sign in as you did the first time/)
      await ada.visit("/signin")
      await ada.page.getByRole("button", { name: "Sign in with a passkey" }).click()
      await ada.page.getByText("could not be verified").waitFor()
      assert.equal((await counts()).session, 0)
      await ada.signInByLink("ada@example.com")
    })

    step("signs out another device, which is out at its next click", async () => {
      const phone = await person({ userAgent: iPhone, timezoneId: "Asia/Kolkata" })
      await phone.visit()
      await phone.signInByLink("ada@example.com")
      const verified = phone.page.locator("dl time")
      const moment = new Date(await verified.getAttribute("datetime"))
      const format = { dateStyle: "medium", timeStyle: "short", timeZone: "Asia/Kolkata" }
      await phone.page.locator("dl").getByText(new Intl.DateTimeFormat("en", format).format(moment)).waitFor()
      await phone.page.clock.setFixedTime(Date.now() + 5 * 60_000)
      await phone.open("Your devices")
      await phone.item("this device").getByText("Last used 5 minutes ago").waitFor()
      await ada.open("Your devices")
      assert.equal(await ada.devices(), 2)
      assert.match(await ada.item("this device").textContent(), /^Chrome on Linux.*Last used just now/)
      await ada.signOutDevice("Safari on iPhone")
      await ada.item("Safari on iPhone").waitFor({ state: "detached" })
      await ada.focused("That device is signed out.")
      await phone.page.getByRole("link", { name: "Linked accounts" }).click()
      await phone.signedOut()
      assert.equal((await counts()).session, 1)
      await ada.page.reload()
      await ada.signedIn()
      await phone.close()
    })

    step("signs out all other devices, and no other user's", async () => {
      const grace = await person()
      await grace.visit()
      await grace.cancelSigningIn()
      assert.match(await grace.alert(), /did not sign you in, or you cancelled there/)
      await grace.continueWithProvider({ email: "grace@example.com", name: "Grace" })
      await grace.signedIn()
      const others = [await person(), await person()]
      for (const other of others) {
        await other.visit()
        await other.signInByLink("ada@example.com")
      }
      await ada.page.reload()
      assert.equal(await ada.devices(), 3)
      await ada.signOutOthers()
      await ada.focused("All other devices are signed out.")
      assert.equal(await ada.devices(), 1)
      for (const other of others) {
        await other.page.reload()
        await other.signedOut()
        await other.close()
      }
      await ada.open("Linked accounts")
      await ada.linkAs("grace@example.com")
      assert.match(await ada.alert(), /That one already belongs to another account/)
      await ada.open("Your devices")
      await grace.page.reload()
      await grace.signedIn()
      assert.equal((await counts()).session, 2)
      await grace.close()
    })

    step("deletes the account with all that is its, once its address has been typed", async () => {
      await ada.open("Linked accounts")
      await ada.linkProvider()
      await ada.open("Delete account")
      await ada.deleteAccount("grace@example.com")
      assert.match(await ada.alert(), /Type .ada@example\.com. to confirm/)
      assert.equal((await counts()).user, 2)
      await ada.deleteAccount("ada@example.com")
      await ada.signedOut()
      const users = await database.stored("user")
      assert.deepEqual(
        users.map(({ email }) => email),
        ["grace@example.com"],
      )
      const [{ id }] = users
      for (const table of ["account", "session"]) {
        assert.deepEqual(
          (await database.stored(table)).map(({ userId }) => userId),
          [id],
          table,
        )
      }
      assert.deepEqual(await database.stored("authenticator"), [])
      await ada.page.reload()
      await ada.signedOut()
    })

    step("registers with a password, and signs in with it", async () => {
      const alan = await person()
      const given = { name: "Alan", email: "Alan.T@example.com", password: "an enigma" }
      await alan.visit("/signin")
      await alan.page.getByRole("link", { name: "Use a password" }).click()
      await alan.signInByPassword(given)
      assert.match(await alan.alert(), /not the password/)
      await alan.picture("sign-in-refused")
      await alan.page.getByRole("link", { name: "Register" }).click()
      await alan.register({ ...given, password: "short" })
      assert.match(await alan.alert(), /at least 8 characters/)
      assert.equal(await alan.page.getByLabel("E-mail").inputValue(), given.email)
      await alan.picture("register-refused")
      await alan.register(given)
      await alan.signedIn()
      assert.equal(await alan.heading(), "Profile")
      const { id, emailVerified } = (await database.stored("user")).find(({ email }) => email === "alan.t@example.com")
      assert.equal(emailVerified, null)
      const sessions = async () => (await database.stored("session")).filter(({ userId }) => userId === id)
      assert.equal((await sessions()).length, 1)
      const session = await alan.page.evaluate(() => fetch("/api/auth/session").then((answer) => answer.text()))
      assert.match(session, /alan\.t@example\.com/)
      assert.ok(!session.includes("argon2"))

      await alan.open("Linked accounts")
      await alan.linkAs("alan.t@example.com")
      assert.match(await alan.alert(), /Nothing was linked: your e-mail address is not verified yet/)

      await alan.signOut()
      assert.equal((await sessions()).length, 0)
      await alan.visit("/register")
      await alan.register({ ...given, password: "another one" })
      assert.match(await alan.alert(), /an account with this e-mail address already/)
      await alan.visit("/signin/password?from=%2Faccount%2Fdevices")
      await alan.signInByPassword({ ...given, password: "another one" })
      assert.match(await alan.alert(), /not the password/)
      await alan.signInByPassword(given)
      await alan.signedIn()
      assert.equal(await alan.heading(), "Your devices")
      assert.equal((await sessions()).length, 1)
      await alan.close()
    })

    step("changes the password, which signs out the other devices", async () => {
      const given = { email: "alan.t@example.com", password: "an enigma" }
      const [alan, phone] = [await person(), await person()]
      for (const device of [alan, phone]) {
        await device.visit("/signin/password")
        await device.signInByPassword(given)
        await device.signedIn()
      }
      await alan.changePassword("short")
      assert.match(await alan.alert(), /at least 8 characters/)
      await alan.changePassword("a bombe at work")
      await alan.page.getByText("Your other devices are signed out").waitFor()
      await alan.picture("changed")
      await alan.page.reload()
      await alan.signedIn()
      await phone.page.reload()
      await phone.signedOut()
      await phone.visit("/signin/password")
      await phone.signInByPassword(given)
      assert.match(await phone.alert(), /not the password/)
      await phone.signInByPassword({ ...given, password: "a bombe at work" })
      await phone.signedIn()
      for (const device of [alan, phone]) await device.close()
    })

    step("takes the password away when the owner of its address comes by a link", async () => {
      const owner = await person()
      const given = { email: "alan.t@example.com", password: "a bombe at work" }
      await owner.visit()
      await owner.signInByLink(given.email)
      await owner.signOut()
      await owner.visit("/signin/password")
      await owner.signInByPassword(given)
      assert.match(await owner.alert(), /not the password/)
      await owner.close()
    })

    step("can be used with the keyboard alone", async () => {
      const alan = await person()
      await alan.visit()
      await alan.page.getByLabel("E-mail").waitFor()
      const press = async (...keys) => {
        for (const key of keys) await alan.page.keyboard.press(key)
      }
      // The first field has the focus.
      await alan.page.keyboard.type("alan@example.com")
      await press("Enter")
      await alan.page.getByRole("link", { name: "Open the dev mailbox" }).waitFor()
      await alan.visit("/mailbox")
      await alan.newestMail().getByRole("link").focus()
      await press("Enter")
      await alan.signedIn()
      await press("Tab")
      assert.equal(await alan.page.evaluate(() => document.activeElement.textContent), "Skip to content")
      await alan.close()
    })
  })
}
