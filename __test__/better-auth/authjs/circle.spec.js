// One person goes around: by a provider and by letters, linked, with a password, at Better Auth and at Auth.js again. Each time it is the same user.
import assert from "node:assert/strict"
import { before, test } from "node:test"
import { Browser } from "../../flows/browser.js"
import {
  layouts,
  migrate,
  onEveryLayout,
  signInByAuthjs,
  signInByBetterAuth,
  signInByLetter,
  Visitor,
} from "./stage.js"

// Prisma's documented tables of MySQL have room for one account of a user.
const peers = layouts.filter(
  ({ name, oneAccountPerUser }) => ["our own tables", "prisma", "drizzle"].includes(name) && !oneAccountPerUser,
)
const options = {
  session: { freshAge: 0 },
  account: { accountLinking: { enabled: true, trustedProviders: ["fake", "other"] } },
}
const person = () => {
  const id = crypto.randomUUID()
  return { id, name: "Ada", email: `${id}@example.com` }
}

onEveryLayout(
  "around",
  (stage) => {
    before(() => migrate(stage.auth().options))
    const idOf = async (email) => String((await stage.adapter.getUserByEmail(email)).id)
    /** Asks Better Auth for a letter; gives the link in it. */
    const letter = async (visitor, email) => {
      await visitor.must("/sign-in/magic-link", { email, callbackURL: "/welcome", errorCallbackURL: "/error" })
      return stage.links.pop()
    }
    const headersOf = (visitor) =>
      new Headers({ cookie: [...visitor.cookies].map((pair) => pair.join("=")).join("; ") })

    test("a provider, a linked one, a password, and Auth.js again: one user", async () => {
      const [ada, other] = [person(), person()]
      await signInByAuthjs(stage, ada)
      const id = await idOf(ada.email)
      const visitor = new Visitor(stage.auth())
      await signInByBetterAuth(stage, visitor, ada)
      assert.equal((await visitor.session()).user.id, id)
      await signInByBetterAuth(stage, visitor, { ...other, email: ada.email }, "other", true)
      await visitor.auth.api.setPassword({
        body: { newPassword: "correct horse battery" },
        headers: headersOf(visitor),
      })
      const byPassword = new Visitor(stage.auth())
      assert.equal((await byPassword.signIn("correct horse battery", ada.email)).status, 200)
      assert.equal((await byPassword.session()).user.id, id)
      // Auth.js, by both providers.
      const again = await signInByAuthjs(stage, ada)
      assert.equal((await again.session()).user.email, ada.email)
      const provider = stage.server.provider({ id: "other", account: ({ token_type }) => ({ token_type }) })
      const browser = new Browser(stage.app({ providers: [provider] }))
      const begun = await browser.submit("signin/other", { callbackUrl: "/welcome" })
      await browser.open(await stage.server.agree(begun.headers.get("location"), other))
      assert.equal((await browser.session()).user.email, ada.email)
      assert.equal(await idOf(ada.email), id)
      const { internalAdapter } = await visitor.auth.$context
      const providers = (await internalAdapter.findAccounts(id)).map(({ providerId }) => providerId)
      assert.deepEqual(providers.sort(), ["credential", "fake", "other"])
    })

    test("letters of both lead to one user", async () => {
      const { email } = person()
      await signInByLetter(stage, email)
      const id = await idOf(email)
      const visitor = new Visitor(stage.auth())
      assert.match((await visitor.ask(await letter(visitor, email))).location, /\/welcome$/)
      assert.equal((await visitor.session()).user.id, id)
      const again = await signInByLetter(stage, email)
      assert.equal((await again.session()).user.email, email)
      // Also of a user whom Better Auth has made.
      const made = person().email
      const newcomer = new Visitor(stage.auth())
      await newcomer.ask(await letter(newcomer, made))
      const { user } = await newcomer.session()
      assert.equal(user.emailVerified, true)
      await signInByLetter(stage, made)
      assert.equal(await idOf(made), user.id)
    })

    test("a link of one is none at the other, and stays good at its own, once", async () => {
      const { email } = person()
      const browser = new Browser(stage.app())
      await browser.submit("signin/email", { email, callbackUrl: "/welcome" })
      const authjs = new URL(stage.links.pop())
      const visitor = new Visitor(stage.auth())
      const better = new URL(await letter(visitor, email))
      const tokens = [authjs, better].map((link) => link.searchParams.get("token"))
      const crossed = await visitor.ask(
        `/magic-link/verify?token=${tokens[0]}&callbackURL=/welcome&errorCallbackURL=/error`,
      )
      assert.match(crossed.location, /\/error\?error=INVALID_TOKEN/)
      assert.equal(await visitor.session(), null)
      const query = new URLSearchParams(authjs.search)
      query.set("token", tokens[1])
      await browser.open(`callback/email?${query}`)
      assert.equal(await browser.session(), null)
      await visitor.ask(better.href)
      assert.equal((await visitor.session()).user.email, email)
      await browser.open(authjs.href)
      assert.equal((await browser.session()).user.email, email)
      // Both are used up.
      const late = new Visitor(stage.auth())
      await late.ask(better.href)
      assert.equal(await late.session(), null)
      const later = new Browser(stage.app())
      await later.open(authjs.href)
      assert.equal(await later.session(), null)
    })

    test("a first letter to an unproved address leaves the user, and removes the rest", async () => {
      const ada = person()
      const theirs = await signInByAuthjs(stage, ada)
      const id = await idOf(ada.email)
      const visitor = new Visitor(stage.auth())
      await visitor.ask(await letter(visitor, ada.email))
      const { user } = await visitor.session()
      assert.deepEqual([user.id, user.emailVerified], [id, true])
      assert.equal(await theirs.session(), null)
      const { internalAdapter } = await visitor.auth.$context
      assert.deepEqual(await internalAdapter.findAccounts(id), [])
    })
  },
  { peers, options },
)
