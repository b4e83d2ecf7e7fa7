// Everything that a database holds, as text: what a thief of a dump has.

const LISTS = {
  sqlite: `SELECT name AS "name" FROM sqlite_master WHERE type = 'table'`,
  postgres: `SELECT tablename AS "name" FROM pg_tables WHERE schemaname = current_schema()`,
  mysql: `SELECT table_name AS "name" FROM information_schema.tables WHERE table_schema = DATABASE()`,
}

/** All values of all rows of all tables. `lane`: one of `../databases.js`; `database`: what it has created. */
export async function dumped(lane, database) {
  const tables = await database.rows(LISTS[lane.name])
  const rows = []
  for (const { name } of tables) rows.push(...(await database.rows(`SELECT * FROM "${name}"`)))
  return rows.map((row) => JSON.stringify(row)).join("\n")
}
