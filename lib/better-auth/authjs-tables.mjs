// What `rustAdapter(url, { tables: "authjs", authjs })` says of Auth.js's tables.

import reading from "../reading.js"

const { misconfigured } = reading

const PARTS = ["tables", "columns", "providers", "passkeys"]

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value)

/**
 * `on`: what the core has to know, `undefined` where the tables are Better Auth's own; the provider for which passkeys have accounts; and the
 * options that name tables and columns, as `RustAdapter` takes them.
 */
export function authjsTables(tables, authjs) {
  if (tables === undefined && authjs === undefined) return {}
  if (tables !== "authjs") {
    throw misconfigured(
      authjs === undefined
        ? `the option tables must be "authjs", or not be given; Better Auth's own options name other tables (modelName)`
        : `the option authjs goes with tables: "authjs"`,
    )
  }
  const given = authjs ?? {}
  if (!isObject(given)) throw misconfigured("the option authjs must be an object")
  const unknown = Object.keys(given).find((name) => !PARTS.includes(name))
  if (unknown) throw misconfigured(`there is no option authjs.${unknown}; there are ${PARTS.join(", ")}`)
  const { tables: named, columns, providers = {}, passkeys } = given
  if (passkeys !== undefined && (typeof passkeys !== "string" || passkeys === "")) {
    throw misconfigured("the option authjs.passkeys must be Auth.js's name of the provider of passkeys, a text")
  }
  return {
    on: { providers: pairs(providers) },
    passkeys,
    ...(named && { tables: named }),
    ...(columns && { columns }),
  }
}

/** Auth.js's names of providers with Better Auth's, each of which is another's. */
function pairs(providers) {
  if (!isObject(providers)) throw misconfigured("the option authjs.providers must be an object")
  const entries = Object.entries(providers)
  const theirs = entries.map(([, name]) => name)
  if (theirs.some((name) => typeof name !== "string" || name === "")) {
    throw misconfigured("the option authjs.providers must have Better Auth's name, a text, for each of Auth.js's")
  }
  if (new Set(theirs).size < theirs.length) {
    throw misconfigured("the option authjs.providers has one name of Better Auth's for two of Auth.js's")
  }
  return entries
}
