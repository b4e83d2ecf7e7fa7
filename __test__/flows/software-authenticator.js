// A passkey authenticator in software: ES256 key pairs, attestation "none", a signature counter.
// It stands where a browser's navigator.credentials stands, and speaks the JSON of @simplewebauthn/browser.
import { encodeCBOR } from "@levischuck/tiny-cbor"
import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto"

const sha256 = (data) => createHash("sha256").update(data).digest()
const base64url = (bytes) => Buffer.from(bytes).toString("base64url")
const flags = { userPresent: 0x01, userVerified: 0x04, backupEligible: 0x08, backedUp: 0x10, attestedCredential: 0x40 }

export class SoftwareAuthenticator {
  /** `synced`: a passkey kept by a cloud account ("multiDevice", backed up); else one that never leaves the device. */
  constructor({ origin, synced = false, transports = ["internal", "hybrid"], idLength = 32 }) {
    this.origin = origin
    this.synced = synced
    this.transports = transports
    this.idLength = idLength
    this.counter = 0
    this.credentials = new Map()
  }

  /** navigator.credentials.create() */
  register(options) {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
    const id = randomBytes(this.idLength)
    if (options.excludeCredentials?.some((excluded) => this.credentials.has(excluded.id))) {
      throw new Error("InvalidStateError: this authenticator is registered already")
    }
    this.credentials.set(base64url(id), { privateKey, rpId: options.rp.id })

    const { x, y } = publicKey.export({ format: "jwk" })
    // COSE: kty EC2, alg ES256, crv P-256.
    const cosePublicKey = encodeCBOR(
      new Map([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, bytes(x)],
        [-3, bytes(y)],
      ]),
    )
    const length = Buffer.alloc(2)
    length.writeUInt16BE(id.length)
    const authData = Buffer.concat([
      this.#authenticatorData(options.rp.id, flags.attestedCredential),
      Buffer.alloc(16), // AAGUID: none given
      length,
      id,
      cosePublicKey,
    ])
    return this.#credential(id, {
      clientDataJSON: base64url(this.#clientData("webauthn.create", options.challenge)),
      attestationObject: base64url(
        encodeCBOR(
          new Map([
            ["fmt", "none"],
            ["attStmt", new Map()],
            ["authData", new Uint8Array(authData)],
          ]),
        ),
      ),
      transports: this.transports,
    })
  }

  /** navigator.credentials.get(), with the first credential that the site accepts. */
  authenticate(options) {
    const allowed = options.allowCredentials?.map((credential) => credential.id)
    const id = [...this.credentials.keys()].find(
      (one) => this.credentials.get(one).rpId === options.rpId && (!allowed?.length || allowed.includes(one)),
    )
    if (!id) throw new Error("NotAllowedError: no credential for this site")
    this.counter++
    const authData = this.#authenticatorData(options.rpId)
    const clientData = this.#clientData("webauthn.get", options.challenge)
    const signature = signWhole(Buffer.concat([authData, sha256(clientData)]), this.credentials.get(id).privateKey)
    return this.#credential(Buffer.from(id, "base64url"), {
      clientDataJSON: base64url(clientData),
      authenticatorData: base64url(authData),
      signature: base64url(signature),
      userHandle: undefined,
    })
  }

  #authenticatorData(rpId, more = 0) {
    const state =
      flags.userPresent | flags.userVerified | (this.synced ? flags.backupEligible | flags.backedUp : 0) | more
    const tail = Buffer.alloc(5)
    tail.writeUInt8(state, 0)
    tail.writeUInt32BE(this.counter, 1)
    return Buffer.concat([sha256(rpId), tail])
  }

  #clientData(type, challenge) {
    return Buffer.from(JSON.stringify({ type, challenge, origin: this.origin, crossOrigin: false }))
  }

  #credential(id, response) {
    return {
      id: base64url(id),
      rawId: base64url(id),
      type: "public-key",
      response,
      clientExtensionResults: {},
      authenticatorAttachment: "platform",
    }
  }
}

/**
 * An ECDSA signature whose two numbers fill 32 bytes each. @simplewebauthn/server 9, which @auth/core 0.41 is made for,
 * does not pad a shorter number and refuses about one valid signature in 120.
 */
function signWhole(data, privateKey) {
  for (;;) {
    const signature = sign("sha256", data, privateKey)
    // DER: 30 length 02 length r 02 length s
    const r = signature.subarray(4, 4 + signature[3])
    const s = signature.subarray(6 + signature[3])
    const whole = (number) => number.length === 33 || (number.length === 32 && number[0] !== 0)
    if (whole(r) && whole(s)) return signature
  }
}

const bytes = (text) => new Uint8Array(Buffer.from(text, "base64url"))
