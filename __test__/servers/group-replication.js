// MySQL 9's Group Replication: servers of which one takes writes, until it fails and the others choose another.
import mysql from "mysql2/promise"
import { password, user } from "./account.js"
import { createAccount } from "./mariadb.js"
import { startMySql9 } from "./mysql9.js"
import { freePort } from "./port.js"

/** What a server runs at its start belongs to it alone, and not to the group. */
const account = `SET SQL_LOG_BIN = 0;\n${createAccount}SET SQL_LOG_BIN = 1;\n`

/** `nodes`: how many. The first is the primary at first. */
export async function startGroupReplication({ nodes = 3, args = [] } = {}) {
  const ports = []
  for (let number = 0; number < nodes; number++) ports.push(await freePort())
  const seeds = ports.map((port) => `127.0.0.1:${port}`).join()
  const servers = []
  for (const [number, port] of ports.entries()) {
    const server = await startMySql9({
      account,
      usual,
      args: [
        `--server-id=${number + 1}`,
        "--report-host=127.0.0.1",
        `--loose-group-replication-local-address=127.0.0.1:${port}`,
        `--loose-group-replication-group-seeds=${seeds}`,
        ...args,
      ],
    })
    servers.push(server)
    await join(server, number === 0)
  }
  return { nodes: servers, stop: () => Promise.all(servers.map((server) => server.stop())) }
}

const usual = [
  "--gtid-mode=ON",
  "--enforce-gtid-consistency=ON",
  "--log-bin=binlog",
  "--plugin-load-add=group_replication.so",
  "--loose-group-replication-group-name=aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
  "--loose-group-replication-start-on-boot=OFF",
  "--loose-group-replication-ip-allowlist=127.0.0.1",
  "--loose-group-replication-recovery-get-public-key=ON",
  "--performance-schema=ON",
  "--innodb-flush-log-at-trx-commit=0",
  "--sync-binlog=0",
  "--innodb-flush-method=nosync",
  "--innodb-buffer-pool-size=64M",
  "--max-connections=200",
  "--skip-name-resolve",
  "--bind-address=127.0.0.1",
]

const state =
  "SELECT member_state AS state FROM performance_schema.replication_group_members WHERE member_id = @@server_uuid"

async function join({ url }, isFirst) {
  const connection = await mysql.createConnection(url)
  try {
    await connection.query(
      `CHANGE REPLICATION SOURCE TO SOURCE_USER = '${user}', SOURCE_PASSWORD = '${password}' FOR CHANNEL 'group_replication_recovery'`,
    )
    if (isFirst) await connection.query("SET GLOBAL group_replication_bootstrap_group = ON")
    await connection.query("START GROUP_REPLICATION")
    if (isFirst) await connection.query("SET GLOBAL group_replication_bootstrap_group = OFF")
    const limit = Date.now() + 60_000
    for (;;) {
      const [[row]] = await connection.query(state)
      if (row?.state === "ONLINE") return
      if (Date.now() > limit) throw new Error(`a server did not join its group: it is ${row?.state}`)
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  } finally {
    await connection.end()
  }
}
