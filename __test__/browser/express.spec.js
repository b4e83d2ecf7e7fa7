// The Express example as a person uses it, in a real browser, on every database; the stored rows read by another client.
import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { databases } from "../databases.js"
import { startExample } from "./example.js"
import { launchBrowser, newPerson } from "./person.js"

const limit = { timeout: 180_000 }

for (const lane of databases) {
  describe(`the Express example on ${lane.name}`, limit, () => {
    let browser, database, example, ada

    before(async () => {
      database = await lane.create()
      example = await startExample("express", { databaseUrl: database.url })
      browser = await launchBrowser()
      ada = await newPerson(browser, example)
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

    step("signs in by a magic link that arrives by mail", async () => {
      await ada.visit()
      await ada.askForLink("Ada@Example.com")
      assert.match(await ada.newestMail().textContent(), /ada@example\.com/)
      const [token] = await database.stored("verificationToken")
      assert.equal(token.identifier, "ada@example.com")

      const link = ada.newestMail().getByRole("link")
      usedLink = await link.getAttribute("href")
      await link.click()
      await ada.signedIn()

      assert.equal(await ada.heading(), "ada@example.com")
      ;[user] = await database.stored("user")
      assert.equal(user.email, "ada@example.com")
      assert.ok(Math.abs(Date.now() - user.emailVerified) < 60_000, `emailVerified is ${user.emailVerified}`)
      assert.deepEqual(await counts(), { user: 1, account: 0, session: 1, verificationToken: 0, authenticator: 0 })
    })

    step("does not accept the link a second time", async () => {
      await ada.visit(usedLink)
      assert.match(await ada.alert(), /used already/)
      assert.equal((await counts()).session, 1)
    })

    step("stays signed in after a reload and after a restart of the app", async () => {
      await ada.visit()
      await ada.page.reload()
      await ada.signedIn()

      const { port } = example
      await example.stop("SIGINT")
      example = await startExample("express", { databaseUrl: database.url, port })
      assert.equal(example.port, port)
      await ada.page.reload()
      await ada.signedIn()
      assert.equal(await ada.heading(), "ada@example.com")
    })

    step("registers a passkey", async () => {
      await ada.addPasskey()
      const [{ credentialId }] = await ada.passkeys()
      const [authenticator] = await database.stored("authenticator")
      assert.equal(authenticator.credentialID, credentialId)
      assert.equal(authenticator.userId, user.id)
      assert.equal(authenticator.transports, "internal")
      const [account] = await database.stored("account")
      assert.deepEqual(
        [account.type, account.provider, account.providerAccountId, account.userId],
        ["webauthn", "passkey", credentialId, user.id],
      )
    })

    step("says that nothing was linked when one cancels at the identity provider", async () => {
      await ada.page.getByRole("button", { name: "Link" }).click()
      await ada.page.getByRole("button", { name: "Cancel" }).click()
      await ada.signedIn()
      assert.match(await ada.alert(), /Nothing was linked: the identity provider refused, or you cancelled there/)
      assert.deepEqual(await counts(), { user: 1, account: 1, session: 1, verificationToken: 0, authenticator: 1 })
      await ada.visit()
    })

    step("links an account at the identity provider", async () => {
      await ada.linkProvider()
      assert.match(await ada.section("Linked accounts").textContent(), /as ada@example\.com/)
      const account = (await database.stored("account")).find(({ provider }) => provider === "local")
      assert.deepEqual([account.type, account.providerAccountId, account.userId], ["oidc", "ada@example.com", user.id])
      assert.ok(account.access_token && account.id_token)
      assert.ok(account.expires_at > Date.now() / 1000)
    })

    step("signs out", async () => {
      await ada.signOut()
      await ada.page.reload()
      await ada.signedOut()
      assert.deepEqual(await counts(), { user: 1, account: 2, session: 0, verificationToken: 0, authenticator: 1 })
    })

    step("signs in with the passkey", async () => {
      const [before] = await database.stored("authenticator")
      await ada.signInByPasskey()
      assert.equal(await ada.heading(), "ada@example.com")
      const [after] = await database.stored("authenticator")
      assert.ok(after.counter > before.counter, `the counter went from ${before.counter} to ${after.counter}`)
      const sessions = await database.stored("session")
      assert.deepEqual(
        sessions.map(({ userId }) => userId),
        [user.id],
      )
      await ada.signOut()
    })

    step("says so where there is no passkey, and lets no visitor register one for another user's address", async () => {
      const eve = await newPerson(browser, example)
      await eve.visit()
      await eve.page.getByRole("button", { name: "Sign in with a passkey" }).click()
      await eve.page.getByText("no passkey for this site").waitFor()
      const status = await eve.page.evaluate(async () => {
        const answer = await fetch("/auth/webauthn-options/passkey?action=register&email=ada@example.com")
        return answer.status
      })
      assert.equal(status, 400)
      await eve.close()
    })

    step("signs in through the identity provider as the person it is linked to", async () => {
      await ada.continueWithProvider({ email: "ada@example.com", name: "Ada" })
      await ada.signedIn()
      assert.equal((await database.stored("session"))[0].userId, user.id)
      assert.equal((await counts()).user, 1)
    })

    step("signs a new person in through the identity provider, under any name", async () => {
      const grace = await newPerson(browser, example)
      await grace.visit()
      await grace.continueWithProvider({ email: "grace@example.com", name: `Grace <b>"Amazing"</b> 😀` })
      await grace.signedIn()
      assert.equal(await grace.heading(), `Grace <b>"Amazing"</b> 😀`)
      const stored = (await database.stored("user")).find(({ email }) => email === "grace@example.com")
      assert.equal(stored.name, `Grace <b>"Amazing"</b> 😀`)
      assert.equal(stored.emailVerified, null)
      assert.deepEqual(await counts(), { user: 2, account: 3, session: 2, verificationToken: 0, authenticator: 1 })
      await grace.close()
    })

    step("does not hand an account to a visitor who claims its address at the identity provider", async () => {
      const alan = await newPerson(browser, example)
      await alan.visit()
      await alan.askForLink("alan@example.com")
      await alan.newestMail().getByRole("link").click()
      await alan.signedIn()
      await alan.signOut()
      const before = await counts()
      await alan.continueWithProvider({ email: "alan@example.com", name: "Not Alan" })
      assert.match(await alan.alert(), /Sign in as you did the first time/)
      await alan.signedOut()
      assert.deepEqual(await counts(), before)
      await alan.close()
    })
  })
}
