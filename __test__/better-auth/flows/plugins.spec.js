// Plugins with tables of their own: two-factor, organizations with teams, passkeys, API keys, admin, JWT, device authorization.
import { apiKey } from "@better-auth/api-key"
import { passkey } from "@better-auth/passkey"
import { createOTP } from "@better-auth/utils/otp"
import { admin, deviceAuthorization, jwt, organization, twoFactor, username } from "better-auth/plugins"
import assert from "node:assert/strict"
import { test } from "node:test"
import { SoftwareAuthenticator } from "../../flows/software-authenticator.js"
import { onEveryDatabase, origin, quickPasswords } from "../stage.js"
import { Visitor } from "./visitor.js"

const invitations = []
const options = {
  emailAndPassword: { enabled: true, password: quickPasswords },
  plugins: [
    twoFactor({ issuer: "Tests" }),
    organization({
      teams: { enabled: true },
      sendInvitationEmail: async ({ id, email }) => {
        invitations.push({ id, email })
      },
    }),
    passkey({ rpID: "localhost", rpName: "Tests", origin }),
    apiKey({ enableMetadata: true, rateLimit: { enabled: false } }),
    admin(),
    jwt(),
    deviceAuthorization({ expiresIn: "5m", interval: "1s", verificationUri: "/device" }),
    username(),
  ],
}

onEveryDatabase("plugins", { options }, (stage) => {
  const visitor = () => new Visitor(stage.auth())
  const signedUp = async (name, more) => {
    const person = visitor()
    person.user = (await person.signUp(name, more)).user
    return person
  }
  const rows = (table) => stage.database.rows(`SELECT * FROM "${table}"`)

  test("two-factor: enabled by a code, asked for at sign-in, backup codes work once", async () => {
    const ada = await signedUp("ada")
    const { totpURI, backupCodes } = await ada.must("/two-factor/enable", { password: ada.password })
    const uri = new URL(totpURI)
    const secret = Buffer.from(decodeBase32(uri.searchParams.get("secret"))).toString()
    const code = () => createOTP(secret, { digits: 6, period: 30 }).totp()
    await ada.must("/two-factor/verify-totp", { code: await code() })
    assert.equal((await ada.session()).user.twoFactorEnabled, true)

    const again = visitor()
    assert.equal((await again.signIn(ada.password, ada.email)).body.twoFactorRedirect, true)
    assert.equal(await again.session(), null)
    assert.equal((await again.ask("/two-factor/verify-totp", { code: "000000" })).status, 401)
    await again.must("/two-factor/verify-totp", { code: await code() })
    assert.equal((await again.session()).user.id, ada.user.id)

    const use = async () => {
      const lost = visitor()
      await lost.signIn(ada.password, ada.email)
      return (await lost.ask("/two-factor/verify-backup-code", { code: backupCodes[0] })).status
    }
    const statuses = [await use(), await use()]
    assert.deepEqual(statuses, [200, 401])
  })

  test("two-factor: too many wrong codes lock, counted exactly", async () => {
    const ada = await signedUp("ada")
    const { totpURI } = await ada.must("/two-factor/enable", { password: ada.password })
    const secret = Buffer.from(decodeBase32(new URL(totpURI).searchParams.get("secret"))).toString()
    await ada.must("/two-factor/verify-totp", { code: await createOTP(secret, { digits: 6, period: 30 }).totp() })
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        const again = visitor()
        await again.signIn(ada.password, ada.email)
        assert.equal((await again.ask("/two-factor/verify-totp", { code: "000000" })).status, 401)
      }),
    )
    assert.equal((await rows("twoFactor"))[0].failedVerificationCount, 4)
  })

  test("organization: create, invite, accept, teams, leave nothing behind", async () => {
    const ada = await signedUp("ada")
    const bob = await signedUp("bob")
    const org = await ada.must("/organization/create", {
      name: "Engines",
      slug: "engines",
      metadata: { plan: "large" },
    })
    assert.deepEqual(org.metadata, { plan: "large" })
    assert.equal((await bob.ask("/organization/create", { name: "Other", slug: "engines" })).status, 400)
    const team = await ada.must("/organization/create-team", { name: "Builders", organizationId: org.id })
    await ada.must("/organization/invite-member", {
      email: bob.email,
      role: "member",
      organizationId: org.id,
      teamId: team.id,
    })
    const { id, email } = invitations.pop()
    assert.equal(email, bob.email)
    const accepted = await Promise.all(
      [1, 2, 3].map(() => bob.ask("/organization/accept-invitation", { invitationId: id })),
    )
    assert.equal(accepted.filter(({ status }) => status === 200).length, 1)

    await ada.must("/organization/set-active", { organizationId: org.id })
    const full = await ada.must("/organization/get-full-organization")
    assert.deepEqual(full.members.map(({ role, user }) => [role, user.name]).sort(), [
      ["member", "bob"],
      ["owner", "ada"],
    ])
    assert.deepEqual(
      full.invitations.map(({ status }) => status),
      ["accepted"],
    )
    assert.ok(
      (await bob.must(`/organization/list-team-members?teamId=${team.id}`)).some(
        ({ userId }) => userId === bob.user.id,
      ),
    )
    await ada.must("/organization/add-team-member", { teamId: team.id, userId: ada.user.id })
    await ada.must("/organization/update-member-role", {
      memberId: full.members.find(({ role }) => role === "member").id,
      role: "admin",
      organizationId: org.id,
    })
    assert.equal((await bob.must(`/organization/list-members?organizationId=${org.id}`)).members.length, 2)

    await ada.must("/organization/delete", { organizationId: org.id })
    for (const table of ["organization", "member", "invitation"]) assert.equal(await stage.count(table), 0, table)
  })

  test("passkey: registered, signed in with, counted, deleted", async () => {
    const ada = await signedUp("ada")
    const device = new SoftwareAuthenticator({ origin, synced: true })
    const registration = await ada.must("/passkey/generate-register-options")
    await ada.must("/passkey/verify-registration", { response: device.register(registration), name: "Laptop" })
    const [stored] = await ada.must("/passkey/list-user-passkeys")
    assert.deepEqual(
      [stored.name, stored.deviceType, stored.backedUp, stored.transports],
      ["Laptop", "multiDevice", true, "internal,hybrid"],
    )

    for (const counter of [1, 2]) {
      const again = visitor()
      const authentication = await again.must("/passkey/generate-authenticate-options")
      await again.must("/passkey/verify-authentication", { response: device.authenticate(authentication) })
      assert.equal((await again.session()).user.id, ada.user.id)
      assert.equal((await ada.must("/passkey/list-user-passkeys"))[0].counter, counter)
    }
    await ada.must("/passkey/delete-passkey", { id: stored.id })
    assert.deepEqual(await rows("passkey"), [])
  })

  test("API keys: made, listed, verified as often as they may be, counted exactly, deleted", async () => {
    const ada = await signedUp("ada")
    const { api } = ada.auth
    const { key } = await api.createApiKey({
      body: { userId: ada.user.id, name: "robot", remaining: 5, metadata: { a: 1 }, permissions: { files: ["read"] } },
    })
    const {
      apiKeys: [listed],
    } = await ada.must("/api-key/list")
    assert.deepEqual(
      [listed.name, listed.metadata, listed.permissions, listed.remaining],
      ["robot", { a: 1 }, { files: ["read"] }, 5],
    )
    const verify = () => api.verifyApiKey({ body: { key, permissions: { files: ["read"] } } })
    for (let left = 4; left >= 0; left--) assert.equal((await verify()).key?.remaining, left)
    assert.equal((await verify()).valid, false)
    assert.equal(await stage.count("apikey"), 0, "a key that is used up goes")

    const other = await api.createApiKey({ body: { userId: ada.user.id, name: "other", remaining: 100 } })
    const used = await Promise.all(Array.from({ length: 12 }, () => api.verifyApiKey({ body: { key: other.key } })))
    assert.ok(used.every(({ valid }) => valid))
    assert.equal((await rows("apikey"))[0].remaining, 88)
    await ada.must("/api-key/delete", { keyId: other.id })
    assert.equal(await stage.count("apikey"), 0)
  })

  test("admin: lists, searches, bans until a date, removes", async () => {
    const ada = await signedUp("ada")
    const bob = await signedUp("b_b")
    for (const name of ["bab", "zed"]) await signedUp(name)
    const { adapter } = await ada.auth.$context
    await adapter.update({ model: "user", where: [{ field: "id", value: ada.user.id }], update: { role: "admin" } })
    const search = async (query) =>
      (await ada.must(`/admin/list-users?${new URLSearchParams(query)}`)).users.map(({ name }) => name).sort()
    assert.deepEqual(await search({}), ["ada", "b_b", "bab", "zed"])
    assert.deepEqual(await search({ sortBy: "name", sortDirection: "desc", limit: "1" }), ["zed"])
    assert.deepEqual(await search({ searchField: "name", searchOperator: "contains", searchValue: "b_b" }), ["b_b"])
    assert.deepEqual(await search({ searchField: "email", searchOperator: "starts_with", searchValue: "ad" }), ["ada"])

    await ada.must("/admin/ban-user", { userId: bob.user.id, banReason: "rude", banExpiresIn: 3600 })
    assert.equal(await bob.session(), null)
    assert.equal((await bob.signIn()).status, 403)
    const banned = await adapter.findOne({ model: "user", where: [{ field: "id", value: bob.user.id }] })
    assert.equal(banned.banned, true)
    assert.ok(Math.abs(banned.banExpires - Date.now() - 3_600_000) < 60_000)
    await ada.must("/admin/unban-user", { userId: bob.user.id })
    assert.equal((await bob.signIn()).status, 200)
    await ada.must("/admin/remove-user", { userId: bob.user.id })
    assert.deepEqual(await search({}), ["ada", "bab", "zed"])
  })

  test("JWT: a token that the published key verifies, one key however many ask at first", async () => {
    const ada = await signedUp("ada")
    const { token } = await ada.must("/token")
    const { keys } = await ada.must("/jwks")
    const [header, payload, signature] = token.split(".")
    const jwk = keys.find(({ kid }) => kid === JSON.parse(Buffer.from(header, "base64url")).kid)
    const key = await crypto.subtle.importKey("jwk", jwk, { name: "Ed25519" }, false, ["verify"])
    assert.ok(
      await crypto.subtle.verify(
        "Ed25519",
        key,
        Buffer.from(signature, "base64url"),
        Buffer.from(`${header}.${payload}`),
      ),
    )
    assert.equal(JSON.parse(Buffer.from(payload, "base64url")).sub, ada.user.id)
    assert.equal(await stage.count("jwks"), 1)
  })

  test("device authorization: a code is approved, and claimed once", async () => {
    const ada = await signedUp("ada")
    const device = visitor()
    const { device_code, user_code } = await device.must("/device/code", { client_id: "tv", scope: "openid" })
    const claim = () =>
      visitor().ask("/device/token", {
        grant_type: "urn:ietf:params:oauth:grant-type:device_code",
        device_code,
        client_id: "tv",
      })
    assert.equal((await claim()).body.error, "authorization_pending")
    await ada.must(`/device?user_code=${user_code}`)
    await ada.must("/device/approve", { userCode: user_code })
    await new Promise((resolve) => setTimeout(resolve, 1100))
    const claims = await Promise.all([claim(), claim(), claim()])
    const won = claims.filter(({ status }) => status === 200)
    assert.equal(won.length, 1)
    const bearer = await ada.auth.api.getSession({ headers: new Headers({ cookie: "" }) })
    assert.equal(bearer, null)
    assert.equal(
      (await rows("session")).some(({ token }) => token === won[0].body.access_token),
      true,
    )
    assert.deepEqual(await rows("deviceCode"), [])
  })

  test("a user name is exact where it says so", async () => {
    await signedUp("ada", { username: "Ada_L" })
    const { status, body } = await visitor().ask("/sign-in/username", {
      username: "ada_l",
      password: "correct horse battery",
    })
    assert.equal(status, 200)
    assert.equal(body.user.username, "ada_l")
    assert.equal(
      (await visitor().ask("/sign-in/username", { username: "adaxl", password: "correct horse battery" })).status,
      401,
    )
  })
})

function decodeBase32(text) {
  const bits = [...text.replace(/=+$/, "")]
    .map((character) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(character).toString(2).padStart(5, "0"))
    .join("")
  return bits.match(/.{8}/g).map((byte) => parseInt(byte, 2))
}
