import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { test } from "node:test"
import { failure } from "./failure.js"
import { openLane } from "./lane.js"
import { newAuthenticator } from "./rows.js"

export function authenticators(database) {
  const lane = openLane(database)
  const create = async (given) => lane.adapter.createAuthenticator(newAuthenticator((await lane.user()).id, given))

  test("createAuthenticator stores and returns the whole row", async () => {
    const authenticator = newAuthenticator((await lane.user()).id)
    assert.deepEqual(await lane.adapter.createAuthenticator({ ...authenticator, id: 1, aaguid: {} }), authenticator)
    await lane.holds("authenticator", { credentialID: authenticator.credentialID }, authenticator)
    assert.deepEqual(await lane.adapter.getAuthenticator(authenticator.credentialID), authenticator)
  })

  test("booleans are booleans, counters reach 4294967295, transports may be missing", async () => {
    for (const given of [
      { credentialBackedUp: false },
      { credentialBackedUp: true },
      { counter: 4_294_967_295 },
      { counter: 2_147_483_648 },
      { transports: null },
      { transports: "" },
      { transports: "usb,ble,nfc" },
    ]) {
      const created = await create(given)
      assert.deepEqual(created, { ...created, ...given })
      assert.deepEqual(await lane.adapter.getAuthenticator(created.credentialID), created)
      await lane.holds("authenticator", { credentialID: created.credentialID }, created)
    }
    const { transports: _, ...rest } = newAuthenticator((await lane.user()).id)
    assert.deepEqual(await lane.adapter.createAuthenticator(rest), { ...rest, transports: null })
    assert.equal((await create({ transports: undefined })).transports, null)
  })

  test("the longest credential ids and large keys are stored whole", async () => {
    for (let i = 0; i < 2; i++) {
      const credentialID = randomBytes(1023).toString("base64")
      assert.equal(credentialID.length, 1364)
      const credentialPublicKey = randomBytes(3000).toString("base64")
      const created = await create({ credentialID, providerAccountId: credentialID, credentialPublicKey })
      assert.equal(created.credentialID, credentialID)
      assert.deepEqual(await lane.adapter.getAuthenticator(credentialID), created)
      await lane.holds("authenticator", { credentialID }, created)
    }
  })

  test("a taken credential is ERR_UNIQUE, one for a user who is not there ERR_FOREIGN_KEY", async () => {
    const { credentialID, userId } = await create()
    const other = await lane.user()
    await lane.unchangedBy(async () => {
      for (const id of [userId, other.id]) {
        await assert.rejects(
          lane.adapter.createAuthenticator(newAuthenticator(id, { credentialID })),
          failure("ERR_UNIQUE", { method: "createAuthenticator" }),
        )
      }
      await assert.rejects(
        lane.adapter.createAuthenticator(newAuthenticator("nobody")),
        failure("ERR_FOREIGN_KEY", { method: "createAuthenticator" }),
      )
    })
  })

  test("getAuthenticator of what is not there is null", async () => {
    const { userId } = await create()
    for (const id of ["invalid-credential-id", userId, "😀", "x".repeat(5000)])
      assert.equal(await lane.adapter.getAuthenticator(id), null)
  })

  test("listAuthenticatorsByUserId lists a user's, and [] for a user who is not there", async () => {
    const [one, two, none] = [await lane.user(), await lane.user(), await lane.user()]
    const ofOne = [newAuthenticator(one.id), newAuthenticator(one.id)]
    const ofTwo = [newAuthenticator(two.id)]
    for (const each of [...ofOne, ...ofTwo]) await lane.adapter.createAuthenticator(each)
    const byId = (a, b) => (a.credentialID < b.credentialID ? -1 : 1)
    assert.deepEqual((await lane.adapter.listAuthenticatorsByUserId(one.id)).sort(byId), ofOne.sort(byId))
    assert.deepEqual(await lane.adapter.listAuthenticatorsByUserId(two.id), ofTwo)
    for (const id of [none.id, "invalid-user-id", ofTwo[0].credentialID, undefined, null]) {
      assert.deepEqual(await lane.adapter.listAuthenticatorsByUserId(id), [])
    }
  })

  test("a user may have a hundred authenticators", async () => {
    const { id } = await lane.user()
    const all = Array.from({ length: 100 }, () => newAuthenticator(id))
    await Promise.all(all.map((each) => lane.adapter.createAuthenticator(each)))
    const listed = await lane.adapter.listAuthenticatorsByUserId(id)
    assert.deepEqual(
      new Set(listed.map(({ credentialID }) => credentialID)),
      new Set(all.map(({ credentialID }) => credentialID)),
    )
    assert.equal(listed.length, 100)
  })

  test("updateAuthenticatorCounter sets and returns the row", async () => {
    const [one, other] = [await create({ counter: 7 }), await create({ counter: 7 })]
    for (const counter of [8, 4_294_967_295, 0, 0, "12", 13n]) {
      const row = { ...one, counter: Number(counter) }
      assert.deepEqual(await lane.adapter.updateAuthenticatorCounter(one.credentialID, counter), row)
      await lane.holds("authenticator", { credentialID: one.credentialID }, row)
    }
    await lane.holds("authenticator", { credentialID: other.credentialID }, other)
  })

  test("updateAuthenticatorCounter of what is not there is ERR_NOT_FOUND", async () => {
    const { userId } = await create()
    await lane.unchangedBy(async () => {
      for (const id of ["invalid-credential-id", userId, "", undefined, null]) {
        await assert.rejects(
          lane.adapter.updateAuthenticatorCounter(id, 1),
          failure("ERR_NOT_FOUND", { method: "updateAuthenticatorCounter" }),
        )
      }
    })
  })
}
