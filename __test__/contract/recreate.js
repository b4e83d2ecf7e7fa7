// SQLite alters hardly anything of a table: it has to be made anew.
import assert from "node:assert/strict"

/** Makes an empty SQLite `table` anew with its indexes, one thing about it replaced: `[pattern, replacement]`. */
export async function recreate(rows, table, [pattern, replacement]) {
  const [{ sql }] = await rows("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", table)
  const indexes = await rows(
    "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL",
    table,
  )
  assert.match(sql, pattern)
  await rows(`DROP TABLE "${table}"`)
  for (const statement of [sql.replace(pattern, replacement), ...indexes.map((index) => index.sql)])
    await rows(statement)
}
