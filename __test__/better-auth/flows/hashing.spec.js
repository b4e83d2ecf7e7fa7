// Better Auth with this package's hashes: new ones are argon2id, and those that Better Auth made before are verified.
import assert from "node:assert/strict"
import { test } from "node:test"
import { hashPassword } from "better-auth/crypto"
import { failure } from "../../contract/failure.js"
import { ours } from "../adapter.js"
import { onEveryDatabase } from "../stage.js"
import { Visitor } from "./visitor.js"

const { password, passwordHashing } = await ours()
const options = { emailAndPassword: { enabled: true, password } }

onEveryDatabase("hashing", { options }, (stage) => {
  const stored = async () => (await stage.database.rows(`SELECT * FROM "account"`)).map((row) => row.password)

  test("sign up, sign in, change: the hash is argon2id", async () => {
    const ada = new Visitor(stage.auth())
    await ada.signUp("ada")
    assert.match((await stored())[0], /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    await ada.must("/sign-out", {})
    assert.equal((await ada.signIn("wrong")).status, 401)
    assert.equal((await ada.signIn()).body.user.email, "ada@example.com")
    await ada.must("/change-password", { currentPassword: ada.password, newPassword: "another password" })
    assert.equal((await ada.signIn()).status, 401)
    assert.equal((await ada.signIn("another password")).body.user.email, "ada@example.com")
  })

  test("people who registered with Better Auth's own hashes sign in", async () => {
    const before = new Visitor(stage.auth({ emailAndPassword: { enabled: true } }))
    await before.signUp("ada")
    assert.match((await stored())[0], /^[0-9a-f]{32}:[0-9a-f]{128}$/)
    const after = new Visitor(stage.auth())
    const signIn = (given) => after.ask("/sign-in/email", { email: before.email, password: given })
    assert.equal((await signIn("wrong")).status, 401)
    assert.equal((await signIn(before.password)).body.user.email, before.email)
  })
})

test("Better Auth's own function makes what is verified, in both spellings", async () => {
  const hash = await hashPassword("p\u00e4ssword")
  assert.equal(await password.verify({ hash, password: "p\u00e4ssword" }), true)
  assert.equal(await password.verify({ hash, password: "pa\u0308ssword" }), true)
  assert.equal(await password.verify({ hash, password: "passwort" }), false)
})

test("what is no password or no hash", async () => {
  for (const wrong of ["", "\ud800", "x".repeat(4097), "x".repeat(1_000_000), 7, null, undefined, {}]) {
    await assert.rejects(password.hash(wrong), failure("ERR_INVALID_ARGUMENT"))
    const hash = await hashPassword("a password")
    // Better Auth hashes for an unknown address, and verifies for a known one: both refuse the same texts.
    if (typeof wrong === "string")
      await assert.rejects(password.verify({ hash, password: wrong }), failure("ERR_INVALID_ARGUMENT"))
    else assert.equal(await password.verify({ hash, password: wrong }), false)
  }
  for (const hash of ["", "x", "a:b", "$argon2id$", undefined, null, 7]) {
    assert.equal(await password.verify({ hash, password: "a password" }), false)
  }
  await assert.rejects(password.verify(undefined).then((verified) => assert.equal(verified, true)))
})

test("options: a pepper, and what is refused", async () => {
  const peppered = passwordHashing({ pepper: "a pepper of some length" })
  const hash = await peppered.hash("a password")
  assert.match(hash, /,keyid=/)
  assert.equal(await peppered.verify({ hash, password: "a password" }), true)
  await assert.rejects(password.verify({ hash, password: "a password" }), failure("ERR_CONFIG"))
  for (const wrong of [null, 7, { memory: 1 }, { memoryKiB: 8 }, { pepper: "short" }]) {
    assert.throws(() => passwordHashing(wrong), failure("ERR_CONFIG"))
  }
})
