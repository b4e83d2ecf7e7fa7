// Sign-In with Ethereum. The plugin leaves the check of the signature to the application; this one's wallets sign with secp256k1, and show
// their public key along with the signature, since Node cannot recover it from there.
import { keccak_256 } from "@noble/hashes/sha3.js"
import { siwe } from "better-auth/plugins"
import assert from "node:assert/strict"
import { createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto"
import { test } from "node:test"
import { onEveryDatabase, origin } from "../stage.js"
import { Visitor } from "./visitor.js"

const domain = new URL(origin).host

class Wallet {
  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "secp256k1" })
    this.privateKey = privateKey
    this.shown = publicKey.export({ format: "der", type: "spki" })
    this.address = addressOf(this.shown)
  }

  /** What the wallet's owner is shown, and the signature below it. */
  sign(nonce, chainId = 1) {
    const message = [
      `${domain} wants you to sign in with your Ethereum account:`,
      this.address,
      "",
      "Sign in.",
      "",
      `URI: ${origin}`,
      "Version: 1",
      `Chain ID: ${chainId}`,
      `Nonce: ${nonce}`,
      `Issued At: ${new Date().toISOString()}`,
    ].join("\n")
    return {
      message,
      signature: [this.shown, sign("sha256", message, this.privateKey)].map((part) => part.toString("hex")).join("."),
    }
  }
}

/** The end of the hash of the key's coordinates, which are the last 64 bytes. */
function addressOf(key) {
  return `0x${Buffer.from(keccak_256(key.subarray(-64)))
    .subarray(-20)
    .toString("hex")}`
}

async function verifyMessage({ message, signature, address }) {
  const [key, signed] = signature.split(".").map((part) => Buffer.from(part, "hex"))
  return (
    addressOf(key) === address.toLowerCase() &&
    verify("sha256", message, createPublicKey({ key, format: "der", type: "spki" }), signed)
  )
}

const getNonce = async () => crypto.randomUUID().replaceAll("-", "")

onEveryDatabase(
  "Sign-In with Ethereum",
  { options: { plugins: [siwe({ domain, getNonce, verifyMessage })] }, own: true },
  (stage) => {
    const visitor = () => new Visitor(stage.auth())
    const nonceOf = async (person) => (await person.must("/siwe/nonce", {})).nonce
    const signIn = async (person, wallet, chainId) =>
      person.ask("/siwe/verify", wallet.sign(await nonceOf(person), chainId))

    test("a wallet is one person, at every visit and on every chain", async () => {
      const wallet = new Wallet()
      const [first, second, other] = [visitor(), visitor(), visitor()]
      const { status, body } = await signIn(first, wallet)
      assert.equal(status, 200, JSON.stringify(body))
      const { user } = await first.session()
      assert.equal(user.id, body.user.id)
      assert.equal((await signIn(second, wallet)).body.user.id, user.id)
      assert.equal((await signIn(other, wallet, 137)).body.user.id, user.id)

      const wallets = await stage.database.rows(`SELECT * FROM "walletAddress" ORDER BY "chainId"`)
      assert.deepEqual(
        wallets.map(({ userId, chainId, address }) => [userId, chainId, address.toLowerCase()]),
        [
          [user.id, 1, wallet.address],
          [user.id, 137, wallet.address],
        ],
      )
      assert.deepEqual(
        wallets.map(({ isPrimary }) => Boolean(isPrimary)),
        [true, false],
      )
      assert.deepEqual(
        [await stage.count("user"), await stage.count("session"), await stage.count("verification")],
        [1, 3, 0],
      )
      await first.must("/sign-out", {})
      assert.equal(await first.session(), null)
    })

    test("a nonce is good once, also when it is used at the same time", async () => {
      const [wallet, person] = [new Wallet(), visitor()]
      const signed = wallet.sign(await nonceOf(person))
      const statuses = (await Promise.all([1, 2, 3].map(() => visitor().ask("/siwe/verify", signed)))).map(
        ({ status }) => status,
      )
      assert.deepEqual(statuses.sort(), [200, 401, 401])
      assert.equal(await stage.count("walletAddress"), 1)
    })

    test("another wallet's signature signs no user in", async () => {
      const [wallet, thief, person] = [new Wallet(), new Wallet(), visitor()]
      const nonce = await nonceOf(person)
      const { message } = wallet.sign(nonce)
      assert.equal((await person.ask("/siwe/verify", { message, signature: thief.sign(nonce).signature })).status, 401)
      assert.deepEqual([await person.session(), await stage.count("user"), await stage.count("session")], [null, 0, 0])
    })
  },
)
