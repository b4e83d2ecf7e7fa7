// An address that a stranger registered before its owner came.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { foreign, password } from "./password-place.js"
import { newAccount, newSession, newUser } from "./rows.js"

/** `place`: what `./password-place.js` opens. */
export function passwordAttacks({ lane, column, open, hashOf, put, registered }) {
  if (column !== null)
    test("what an application keeps by itself is not removed by a verification, until passwords are ours", async () => {
      const hash = foreign["bcrypt 2b"]("U*U")
      // As in a process that has not used passwords: other options are another client.
      const swapped = open({ pool: { idleTimeoutMs: 59_999 } })
      const [one, other] = [await lane.user({ emailVerified: null }), await lane.user({ emailVerified: null })]
      for (const user of [one, other]) await put(user, hash)
      await swapped.updateUser({ id: one.id, emailVerified: new Date() })
      assert.equal(await hashOf(one), hash)
      await swapped.close()
      await lane.adapter.passwords.verify({ email: other.email, password: "x" })
      await lane.adapter.updateUser({ id: other.id, emailVerified: new Date() })
      assert.notEqual(await hashOf(other), hash)
    })

  describe("an address that Mallory has registered before its owner came", () => {
    const attacked = async (given) => {
      const victim = await registered({ password: "mallory's own", ...given })
      const session = await lane.adapter.createSession(newSession(victim.id))
      return { victim, session }
    }
    const isSafe = async ({ victim, session }) => {
      assert.equal(await hashOf(victim), null)
      assert.equal(await lane.adapter.passwords.verify({ email: victim.email, password: "mallory's own" }), null)
      assert.equal(await lane.adapter.getSessionAndUser(session.sessionToken), null)
      assert.ok(await lane.adapter.getUser(victim.id))
    }

    test("is the owner's alone after a magic link", async () => {
      const attack = await attacked()
      const verified = await lane.adapter.updateUser({ id: attack.victim.id, emailVerified: new Date() })
      assert.ok(verified.emailVerified instanceof Date)
      await isSafe(attack)
    })

    test("is the owner's alone after a provider that the application trusts", async () => {
      for (const type of ["oauth", "oidc"]) {
        const attack = await attacked()
        await lane.adapter.linkAccount(newAccount(attack.victim.id, { type }))
        await isSafe(attack)
      }
    })

    test("stays so where Mallory asks for a password again and again meanwhile", async () => {
      const attack = await attacked()
      const tries = Array.from({ length: 5 }, () =>
        lane.adapter.passwords.verify({ email: attack.victim.email, password: "mallory's own" }),
      )
      await lane.adapter.updateUser({ id: attack.victim.id, emailVerified: new Date() })
      await Promise.all(tries)
      await isSafe(attack)
    })

    test("loses nothing where the address was verified before, or nothing is verified", async () => {
      const owner = await registered({ emailVerified: new Date() })
      const session = await lane.adapter.createSession(newSession(owner.id))
      await lane.adapter.updateUser({ id: owner.id, emailVerified: new Date() })
      await lane.adapter.linkAccount(newAccount(owner.id))
      const another = await registered()
      await lane.adapter.updateUser({ id: another.id, name: "Grace", emailVerified: null })
      await lane.adapter.linkAccount(newAccount(another.id, { type: "webauthn" }))
      assert.ok(await lane.adapter.getSessionAndUser(session.sessionToken))
      for (const user of [owner, another])
        assert.ok(await lane.adapter.passwords.verify({ email: user.email, password }))
    })

    test("a user of a provider keeps the password when another account is linked", async () => {
      const user = await lane.adapter.createUser({ ...newUser(), emailVerified: null })
      await lane.adapter.linkAccount(newAccount(user.id))
      await lane.adapter.passwords.set(user.id, password)
      await lane.adapter.linkAccount(newAccount(user.id, { provider: "gitlab" }))
      assert.ok(await lane.adapter.passwords.verify({ email: user.email, password }))
    })
  })
}
