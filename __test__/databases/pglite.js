// PGlite behind its socket server: PostgreSQL in one process, with one session that all connections share. Each database is a
// server of its own.
import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import pg from "pg"
import { types } from "./postgres.js"
import { stored } from "./tables.js"

const file = fileURLToPath(new URL("../engines/local-process.js", import.meta.url))

/** `execPath`: the Node.js that the servers run in. */
export async function open(engine = "pglite", { execPath = process.execPath } = {}) {
  let program
  return {
    dialect: "postgres",
    /** Each connection is the one user's, whichever name it gives. */
    oneUser: true,
    withoutIcu: true,
    quote: (identifier) => `"${identifier.replaceAll('"', '""')}"`,
    create: async () => {
      program ??= servers(engine, execPath)
      return create(await program.ask({}), program.ask)
    },
  }
}

/** The process that serves this one's databases. It is asked one thing at a time, and ends with this process. */
function servers(engine, execPath) {
  const child = fork(file, [engine], { execPath, execArgv: [] })
  let turn = once(child, "message")
  return {
    ask: (question) => {
      const answered = turn.then(async () => {
        const answer = once(child, "message")
        for (const each of [child, child.channel]) each.ref()
        child.send(question)
        const [{ failure, url }] = await answer
        for (const each of [child, child.channel]) each.unref()
        if (failure) throw new Error(failure)
        return url
      })
      turn = answered.catch(() => {})
      return answered
    },
  }
}

async function create(url, ask) {
  let connection
  // A transaction of its own: between two messages that are in none, those of another connection may come.
  const run = async (sql, params) => {
    connection ??= connect(url)
    const client = await connection
    let position = 0
    await client.query("BEGIN")
    try {
      const { rows } = await client.query(
        sql.replace(/\?/g, () => `$${++position}`),
        params,
      )
      await client.query("COMMIT")
      return rows
    } catch (error) {
      await client.query("ROLLBACK")
      throw error
    }
  }
  let last = Promise.resolve()
  const rows = (sql, ...params) =>
    (last = last.then(
      () => run(sql, params),
      () => run(sql, params),
    ))
  return {
    url,
    rows,
    stored: (table) => stored(rows, table),
    close: async () => {
      // What one client gives a name to has that name for all.
      const left = await rows("SELECT name, statement FROM pg_prepared_statements WHERE name LIKE 'sqlx%'")
      await (await connection).end()
      await ask({ end: url })
      if (left.length) throw new Error(`statements are left in the session: ${JSON.stringify(left)}`)
    },
  }
}

async function connect(url) {
  const client = new pg.Client({ connectionString: url, types, connectionTimeoutMillis: 10_000 })
  client.on("error", () => {})
  await client.connect()
  return client
}
