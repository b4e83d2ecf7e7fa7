// Tables in which other names than the very same are equal, or in whose order they are not by their bytes, and none has a key.

/** SQLite alters no column: the table is made anew, empty. */
async function remade(rows, table, [pattern, replacement]) {
  const [{ sql }] = await rows("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", table)
  const indexes = `SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL`
  const others = (await rows(indexes, table)).map((index) => index.sql)
  const changed = sql.replace(pattern, replacement)
  if (changed === sql) throw new Error(`nothing to change in ${sql}`)
  await rows(`DROP TABLE "${table}"`)
  for (const statement of [changed, ...others]) await rows(statement)
}

/** For each database: what takes the primary key from one of our own tables, which has no rows. */
export const unkeyed = {
  sqlite: (rows, table) =>
    remade(
      rows,
      table,
      table === "session" ? [/ PRIMARY KEY,([^]*)\) WITHOUT ROWID/, ",$1)"] : [/,\s*PRIMARY KEY \([^)]*\)/, ""],
    ),
  postgres: (rows, table) => rows(`ALTER TABLE "${table}" DROP CONSTRAINT "${table}_pkey"`),
  mysql: (rows, table) => rows(`ALTER TABLE "${table}" DROP PRIMARY KEY`),
}

const onMysql = (collation) => (rows, table, column) =>
  rows(`ALTER TABLE "${table}" MODIFY "${column}" varchar(191) CHARACTER SET utf8mb4 COLLATE ${collation} NOT NULL`)

const onPostgres = (collation, create) => async (rows, table, column) => {
  if (create) await rows(create)
  await rows(`ALTER TABLE "${table}" ALTER "${column}" TYPE text COLLATE ${collation}`)
}

/** For each database, by name: what gives a column of such a table another collation. */
export const collations = {
  sqlite: {
    NOCASE: (rows, table, column) => remade(rows, table, [`"${column}" text`, `"${column}" text COLLATE NOCASE`]),
  },
  postgres: {
    "an ICU collation": onPostgres(`"en-x-icu"`),
    "a collation that is not deterministic": onPostgres(
      `"anycase"`,
      `CREATE COLLATION IF NOT EXISTS "anycase" (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
    ),
  },
  mysql: {
    utf8mb4_general_ci: onMysql("utf8mb4_general_ci"),
    utf8mb4_bin: onMysql("utf8mb4_bin"),
  },
}
