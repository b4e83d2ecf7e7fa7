// The sessions that Auth.js keeps in cookies: encrypted JWTs (JWE, RFC 7516, "dir") of next-auth 5 and 4.

import { createDecipheriv, createHmac, hkdfSync, timingSafeEqual } from "node:crypto"

/** Clocks of two servers may differ by as much, in seconds, as Auth.js allows them to. */
const TOLERANCE = 15

/** No cookie of Auth.js's is as long. */
const LONGEST = 65_536

const decoded = (text) => Buffer.from(text, "base64url")
const key = (secret, salt, info, length) => Buffer.from(hkdfSync("sha256", secret, salt, info, length))

/** The keys that may have encrypted a token in a cookie of this name, of each version. */
const KEYS = {
  "A256CBC-HS512": (secret, name) => [key(secret, name, `Auth.js Generated Encryption Key (${name})`, 64)],
  A256GCM: (secret, name) => [
    key(secret, "", "NextAuth.js Generated Encryption Key", 32),
    key(secret, name, `NextAuth.js Generated Encryption Key (${name})`, 32),
    key(secret, name, `Auth.js Generated Encryption Key (${name})`, 32),
  ],
}

/** What decrypts a content, or throws. */
const CIPHERS = {
  "A256CBC-HS512"(key, { aad, iv, content, tag }) {
    const bits = Buffer.alloc(8)
    bits.writeBigUInt64BE(BigInt(aad.length) * 8n)
    const mac = createHmac("sha512", key.subarray(0, 32)).update(aad).update(iv).update(content).update(bits).digest()
    if (tag.length !== 32 || !timingSafeEqual(mac.subarray(0, 32), tag)) throw new Error("another key's")
    return plain(createDecipheriv("aes-256-cbc", key.subarray(32), iv), content)
  },
  A256GCM(key, { aad, iv, content, tag }) {
    const decipher = createDecipheriv("aes-256-gcm", key, iv, { authTagLength: 16 })
    decipher.setAAD(aad).setAuthTag(tag)
    return plain(decipher, content)
  },
}

const plain = (decipher, content) => Buffer.concat([decipher.update(content), decipher.final()]).toString("utf8")

/** Whether a text has the form of an encrypted JWT, whose second part is empty. */
export const isJwt = (text) => text.length <= LONGEST && /^[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/.test(text)

/**
 * What a token says: `{ sub, jti, exp }`, `exp` in seconds. `undefined` for one that none of `secrets` has made, that has expired, or that
 * says too little. `name`: of the cookie that it came in.
 */
export function decrypt(token, { secrets, name, now = Date.now() / 1000 }) {
  const [header, , iv, content, tag] = token.split(".")
  const parts = { aad: Buffer.from(header), iv: decoded(iv), content: decoded(content), tag: decoded(tag) }
  const claims = attempt(() => {
    const { alg, enc, zip, crit } = JSON.parse(decoded(header).toString("utf8"))
    if (alg !== "dir" || zip !== undefined || crit !== undefined || !Object.hasOwn(CIPHERS, enc)) return undefined
    for (const secret of secrets) {
      for (const key of KEYS[enc](secret, name)) {
        const text = attempt(() => CIPHERS[enc](key, parts))
        if (text !== undefined) return JSON.parse(text)
      }
    }
    return undefined
  })
  const { sub, jti, exp, nbf = 0 } = claims ?? {}
  const isWhole = [sub, jti].every((each) => typeof each === "string" && each !== "") && Number.isFinite(exp)
  if (!isWhole || !(exp > now - TOLERANCE) || !(nbf <= now + TOLERANCE)) return undefined
  return { sub, jti, exp }
}

function attempt(work) {
  try {
    return work()
  } catch {
    return undefined
  }
}
