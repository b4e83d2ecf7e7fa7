// Collations that take different texts for equal, as an application gives them to columns of tables that are there.

/** Without regard to case, and to accents neither. */
const LOCALES = ["und-u-ks-level2", "und-u-ks-level1"]

/** Each with what gives it to columns: `give({ rows }, collation, { table: [column] })`. Only PostgreSQL has such columns by way of exception. */
export function collations({ name, withoutIcu }) {
  return name === "postgres" && !withoutIcu ? LOCALES.map((locale) => [locale, give]) : []
}

async function give({ rows }, locale, columns) {
  await rows(`CREATE COLLATION loose (provider = icu, locale = '${locale}', deterministic = false)`)
  for (const [table, names] of Object.entries(columns)) {
    for (const name of names) await rows(`ALTER TABLE "${table}" ALTER "${name}" TYPE text COLLATE loose`)
  }
}
