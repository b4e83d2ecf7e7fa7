// A private MariaDB server in a temporary folder, on a free loopback port.
import { writeFileSync } from "node:fs"
import mysql from "mysql2/promise"
import { password, serverUrl, user } from "./account.js"
import { binary } from "./binary.js"
import { runAsServer, startDaemon } from "./daemon.js"
import { privateFolder } from "./folder.js"
import { giveToServers } from "./identity.js"
import { freePort } from "./port.js"
import { restartable } from "./restartable.js"

/** What creates our account on MariaDB and MySQL alike; the server runs it at each start. */
export const createAccount = [
  `CREATE USER IF NOT EXISTS '${user}'@'%' IDENTIFIED BY '${password}';`,
  `GRANT ALL ON *.* TO '${user}'@'%' WITH GRANT OPTION;`,
  "",
].join("\n")

/** Settings of both kinds of server: nothing has to survive a power cut. */
export const quick = [
  "--innodb-flush-log-at-trx-commit=0",
  "--innodb-flush-method=nosync",
  "--innodb-buffer-pool-size=64M",
  "--innodb-doublewrite=0",
  "--performance-schema=0",
  "--max-connections=200",
  "--skip-name-resolve",
  "--bind-address=127.0.0.1",
]

/**
 * `args`: more options of mariadbd. Each server has a folder of its own for temporary tables: one that starts takes those of others away,
 * which then fail, or end.
 */
export async function startMariaDb({ args = [] } = {}) {
  const mariadbd = findMariaDb()
  const folder = privateFolder("mariadb")
  const data = folder.join("data")
  const initFile = await initializeMariaDb(folder)
  const port = await freePort()
  const url = serverUrl("mysql", port)
  const start = () =>
    startDaemon(
      mariadbd,
      [
        "--no-defaults",
        `--datadir=${data}`,
        `--tmpdir=${folder.join(".")}`,
        `--port=${port}`,
        `--socket=${folder.join("socket")}`,
        `--pid-file=${folder.join("pid")}`,
        `--init-file=${initFile}`,
        "--skip-log-bin",
        ...quick,
        ...args,
      ],
      { log: folder.join("log"), answers: () => answers(url) },
    )

  return restartable({ url, port, folder, start })
}

/** The server's program. Not of mariadb-server, which would also start a server of the machine's. */
export const findMariaDb = () => binary("mariadbd", { debianPackage: "mariadb-server-core" })

/** Makes `data` in `folder`, and beside it what creates our account at each start, of which it answers the path. */
export async function initializeMariaDb(folder) {
  const installDb = binary("mariadb-install-db", { debianPackage: "mariadb-server-core" })
  binary("my_print_defaults", { debianPackage: "mariadb-client-core" }) // mariadb-install-db calls it
  await runAsServer(installDb, [
    "--no-defaults",
    `--datadir=${folder.join("data")}`,
    `--tmpdir=${folder.join(".")}`,
    "--auth-root-authentication-method=normal",
    "--skip-test-db",
  ])
  const initFile = folder.join("account.sql")
  writeFileSync(initFile, createAccount)
  giveToServers(initFile)
  return initFile
}

/** Resolves if the server takes connections, and answers `sql` with a row. */
export async function answers(url, sql = "SELECT 1") {
  const connection = await mysql.createConnection({ uri: url, connectTimeout: 2000 })
  try {
    const [rows] = await connection.query(sql)
    if (rows.length === 0) throw new Error(`nothing answers ${sql}`)
  } finally {
    await connection.end()
  }
}
