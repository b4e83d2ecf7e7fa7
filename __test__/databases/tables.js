// What every lane's `stored()` shares.

/** SQLite has no booleans, and MySQL's is a small integer: these columns of ours are booleans. */
const booleans = new Set(["credentialBackedUp"])

/** The rows of `table` in no particular order, alike on every database. */
export async function stored(rows, table) {
  return (await rows(`SELECT * FROM "${table}"`)).map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([column, value]) => [
        column,
        booleans.has(column) && typeof value === "number" ? value === 1 : value,
      ]),
    ),
  )
}

/** The URL of the lane's server, from the environment. */
export function serverUrl(variable) {
  const url = process.env[variable]
  if (url) return url
  throw new Error(
    `${variable} is not set: run "npm test" (with --only <pattern> for some specs), which starts a server itself, ` +
      `or set it to the URL of a server where databases may be created, or narrow the run with TEST_DATABASES=sqlite`,
  )
}

/** `url` with another database name. */
export function withDatabase(url, database) {
  const changed = new URL(url)
  changed.pathname = `/${database}`
  return changed.href
}

let counter = 0
export const uniqueName = () => `test_${process.pid}_${Date.now().toString(36)}_${counter++}`
