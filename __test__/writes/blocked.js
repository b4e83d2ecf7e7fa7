// Rows that another client keeps from being written.
import mysql from "mysql2/promise"
import pg from "pg"

/** Keeps the rows of `table` whose `column` is `value` from being written. Resolves to what lets go of them. */
export async function keepRow({ name, database }, table, column, value) {
  if (name === "postgres") {
    const client = new pg.Client(database.url)
    await client.connect()
    await client.query("BEGIN")
    await client.query(`SELECT 1 FROM "${table}" WHERE "${column}" = $1 FOR UPDATE`, [value])
    return () => client.end()
  }
  const connection = await mysql.createConnection(database.url)
  await connection.query("BEGIN")
  await connection.query(`SELECT 1 FROM \`${table}\` WHERE \`${column}\` = ? FOR UPDATE`, [value])
  return () => connection.end()
}

/** Another client of the lane's database: `run(sql)` resolves to rows, and "double quotes" quote an identifier. */
export async function connectTo({ name, database }) {
  if (name === "postgres") {
    const client = new pg.Client(database.url)
    await client.connect()
    return { run: async (sql) => (await client.query(sql)).rows, end: () => client.end() }
  }
  const connection = await mysql.createConnection(database.url)
  return { run: async (sql) => (await connection.query(sql.replaceAll('"', "`")))[0], end: () => connection.end() }
}
