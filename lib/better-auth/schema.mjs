// What the native core is told of Better Auth's tables.

/** Better Auth's types of fields, and what they mean to the core. */
const KINDS = { string: "text", number: "float", boolean: "bool", date: "date", json: "json" }

/** The kind of a field's values. A list of texts is an enumeration's; `string[]` and `number[]` are arrays, kept as JSON. */
function kind({ type, references }) {
  if (references?.field === "id") return "id"
  if (Array.isArray(type)) return "text"
  return KINDS[type] ?? "json"
}

/** The fields without which a table of that name is another application's, by model: Auth.js's `session` has no `token`. */
const ESSENTIAL = {
  user: ["email"],
  session: ["token", "userId", "expiresAt"],
  account: ["accountId", "providerId", "userId"],
  verification: ["identifier", "value", "expiresAt"],
}

export const isEssential = (model, field) => Object.hasOwn(ESSENTIAL, model) && ESSENTIAL[model].includes(field)

/** The tokens of an account, by what each is for, and what names the account. */
const TOKENS = { accessToken: "access", refreshToken: "refresh", idToken: "id" }

/** Which columns of a model hold tokens, `undefined` if none does. */
function tokensOf(key, fields) {
  if (key !== "account") return undefined
  const column = (name) => fields[name]?.fieldName || name
  return {
    provider: column("providerId"),
    account: column("accountId"),
    fields: Object.entries(TOKENS).map(([name, purpose]) => [column(name), purpose]),
  }
}

/** The models of a Better Auth schema under the names that requests use, with their columns and what records call these. */
export function describe(schema, options, getModelName, on) {
  const ids = options.advanced?.database?.generateId
  const models = Object.entries(schema).map(([key, { fields, indexes = [] }]) => ({
    key,
    name: getModelName(key),
    tokens: tokensOf(key, fields),
    fields: [
      { name: "id", key: "id", kind: "id", required: true },
      ...Object.entries(fields)
        .filter(([name]) => name !== "id")
        .map(([name, field]) => ({
          name: field.fieldName || name,
          key: name,
          kind: kind(field),
          required: field.required !== false,
          ...(isEssential(key, name) && { essential: true }),
          ...(field.unique === true && { unique: true }),
        })),
    ],
    unique: indexes
      .filter(({ unique }) => unique === true)
      .map(({ fields: of }) => of.map((name) => fields[name]?.fieldName || name)),
  }))
  // Ids of another kind are in other tables, most likely: what is known of these is then no help.
  return JSON.stringify({ models, ids: typeof ids === "function" ? "function" : ids, on })
}

/** The fields, by model and column, whose values are JSON. */
export const isJson = ({ type }) => type === "json" || type === "string[]" || type === "number[]"
