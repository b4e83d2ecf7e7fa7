// Where hashes are, and what is put there by others.
import { randomUUID, scryptSync } from "node:crypto"
import { RustAdapter } from "../../index.js"
import { openLane } from "./lane.js"

export const password = "correct horse battery staple"
export const newEmail = () => `${randomUUID()}@example.com`
export const argon2id = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/

/** Of `password`, made by others: bcryptjs in each spelling of its version, node's scrypt and argon2, and Better Auth. */
const salt = "00112233445566778899aabbccddeeff"
const b64 = (bytes) => Buffer.from(bytes).toString("base64").replace(/=+$/, "")
export const foreign = {
  "bcrypt 2b": (text) => bcryptOf[text]?.replace("$2a$", "$2b$"),
  "bcrypt 2a": (text) => bcryptOf[text],
  "bcrypt 2y": (text) => bcryptOf[text]?.replace("$2a$", "$2y$"),
  "scrypt PHC": (text) =>
    `$scrypt$ln=10,r=8,p=1$${b64("a salt of ours")}$${b64(scryptSync(text, "a salt of ours", 32, { N: 1024, r: 8, p: 1 }))}`,
  "Better Auth's": (text) =>
    `${salt}:${scryptSync(text, salt, 64, { N: 16384, r: 16, p: 1, maxmem: 2 ** 27 }).toString("hex")}`,
}
// Openwall's own vectors.
export const bcryptOf = { "U*U": "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW" }

/** Columns for hashes, as applications call them; `null` for our own table. */
export const places = {
  "a table of ours": null,
  password: "password",
  password_hash: "password_hash",
  hashedPassword: "hashedPassword",
}

/** For use inside `describe`: a lane whose hashes are in `column` of the users' table, or in a table of ours. */
export function openPlace(database, column) {
  const lane = openLane(database, {
    prepare: async (lane) => {
      if (column === null) return
      await lane.rows(`ALTER TABLE "user" ADD COLUMN "${column}" varchar(255)`)
      await lane.adapter.close()
      lane.adapter = open()
    },
  })
  /** Another adapter for the same tables. */
  const open = (options) => RustAdapter(lane.database.url, { ...database.options, ...options })
  const [table, field, key] = column === null ? ["userPassword", "hash", "userId"] : ["user", column, "id"]
  const hashOf = async ({ id }) =>
    (await lane.rows(`SELECT "${field}" AS hash FROM "${table}" WHERE "${key}" = ?`, id))[0]?.hash ?? null
  const put = async ({ id }, hash) => {
    if (column === null) {
      await lane.rows(`DELETE FROM "${table}" WHERE "${key}" = ?`, id)
      await lane.rows(`INSERT INTO "${table}" ("${key}", "${field}") VALUES (?, ?)`, id, hash)
    } else {
      await lane.rows(`UPDATE "${table}" SET "${field}" = ? WHERE "${key}" = ?`, hash, id)
    }
  }
  const registered = (given) => lane.adapter.passwords.register({ email: newEmail(), password, name: "Ada", ...given })
  const sessionsOf = async (user) => (await lane.storedWhere("session", { userId: user.id })).length
  return { lane, column, open, hashOf, put, registered, sessionsOf }
}
