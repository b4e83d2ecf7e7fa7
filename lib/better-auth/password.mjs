// Better Auth's `emailAndPassword.password`: its hashes are made and compared by the core's threads.

import binding from "../native/binding.js"
import bridge from "../native/bridge.js"
import errors from "../error.js"
import reader from "../reading.js"

const { perform } = bridge
const { RustAdapterError } = errors
const { configuring, isArray, misconfigured, opaque, options: optionsOf, reading } = reader

const made = (count, record) => (count === 0 ? "" : record().hash)
const matches = (count) => count > 0

/** Reads the options, and has the core judge them: what is wrong is thrown here and not at the first sign-up. */
function settingsOf(given) {
  if (given === null || typeof given !== "object" || isArray(given))
    throw misconfigured("the options must be an object")
  const settings = configuring(() => optionsOf(given))
  try {
    binding.judgePasswords(settings)
  } catch (error) {
    throw new RustAdapterError("ERR_CONFIG", error.message)
  }
  return settings
}

/** What `emailAndPassword.password` takes, with other options than those of `password`. */
export function passwordHashing(options = {}) {
  const settings = settingsOf(options)
  return Object.freeze({
    async hash(password) {
      return perform("password.hash", made, (bridge, id) =>
        binding.hashPassword(bridge, id, settings, opaque(password)),
      )
    },

    async verify(given) {
      const { hash, password } = reading("password.verify", () => ({ ...given }))
      if (typeof hash !== "string") return false
      return perform("password.verify", matches, (bridge, id) =>
        binding.hashPassword(bridge, id, settings, opaque(password), hash),
      )
    },
  })
}

/** What `emailAndPassword.password` takes: argon2id for what is new, and every form of hash that Better Auth's users may have. */
export const password = passwordHashing()
