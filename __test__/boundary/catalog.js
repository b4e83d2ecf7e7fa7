// What the database's own catalog says of tables and indexes.

const tableQueries = {
  sqlite: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'",
  postgres:
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = COALESCE(?, current_schema())",
  mysql: "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()",
}

/** The names of the tables, sorted. `schema`: another one than the default, on PostgreSQL. */
export async function tablesOf({ name, rows }, schema = null) {
  const found = await rows(tableQueries[name], ...(name === "postgres" ? [schema] : []))
  return found.map((table) => table.name).sort()
}

const indexQueries = {
  sqlite: `SELECT t.name AS "table", i.name AS "index", i."unique" AS "unique", c.name AS "column"
    FROM sqlite_master t, pragma_index_list(t.name) i, pragma_index_info(i.name) c WHERE t.type = 'table' ORDER BY t.name, i.name, c.seqno`,
  postgres: `SELECT t.relname AS "table", i.relname AS "index", x.indisunique AS "unique", a.attname AS "column"
    FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
    CROSS JOIN LATERAL unnest(x.indkey) WITH ORDINALITY AS k(number, position)
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number
    WHERE t.relnamespace = current_schema()::regnamespace ORDER BY t.relname, i.relname, k.position`,
  mysql: `SELECT table_name AS "table", index_name AS "index", 1 - non_unique AS "unique", column_name AS "column"
    FROM information_schema.statistics WHERE table_schema = DATABASE() ORDER BY table_name, index_name, seq_in_index`,
}

/** The indexes, primary keys among them: `{ table, unique, columns }`. */
export async function indexesOf({ name, rows }) {
  const indexes = new Map()
  for (const { table, index, unique, column } of await rows(indexQueries[name])) {
    const key = `${table}.${index}`
    if (!indexes.has(key)) indexes.set(key, { table, unique: Boolean(unique), columns: [] })
    indexes.get(key).columns.push(column)
  }
  return [...indexes.values()]
}
