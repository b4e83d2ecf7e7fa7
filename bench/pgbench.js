// PostgreSQL's own load generator, in C: how many prepared look-ups the server answers at all. Same interface as process.js.
import { execFile } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { tmpdir } from "node:os"
import { promisify } from "node:util"
import { binary } from "../__test__/servers/binary.js"
import { privateFolder } from "../__test__/servers/folder.js"
import { statements } from "./contestants/statements.js"

/** Each contestant has ten connections. */
const POOL = 10

export function startPgbench(url, { sessions }) {
  const pgbench = binary("pgbench", { debianPackage: "postgresql" })
  const folder = privateFolder("pgbench", tmpdir())
  const script = join(folder.path, "look-up.sql")
  const sql = statements.postgres.getSessionAndUser.replace("$1", "md5('session ' || :number)::uuid::text")
  writeFileSync(script, `\\set number random(0, ${sessions - 1})\n${sql};\n`)
  const { hostname, port, username, password, pathname } = new URL(url)

  async function run(clients, transactions) {
    const { stdout } = await promisify(execFile)(
      pgbench,
      [
        "--no-vacuum",
        "--protocol=prepared",
        `--file=${script}`,
        `--client=${clients}`,
        `--jobs=${Math.min(2, clients)}`,
        `--transactions=${Math.max(1, Math.ceil(transactions / clients))}`,
        pathname.slice(1),
      ],
      {
        env: {
          ...process.env,
          PGHOST: hostname,
          PGPORT: port,
          PGUSER: username,
          PGPASSWORD: decodeURIComponent(password),
        },
      },
    )
    const number = (pattern) => Number(stdout.match(pattern)[1])
    if (/number of failed transactions: [1-9]/.test(stdout)) throw new Error(`pgbench: ${stdout}`)
    return {
      calls: number(/transactions actually processed: (\d+)/),
      throughput: number(/tps = ([\d.]+) \(without/),
      mean: number(/latency average = ([\d.]+)/) * 1000,
    }
  }

  return {
    // The same rows by the same statement; the plan and the row count are the server's own affair.
    check: async () => {
      await run(1, 10)
    },
    async measure(work, { callers, milliseconds }) {
      const clients = Math.min(callers, POOL)
      // It counts transactions or whole seconds: a first small portion says how many fit.
      const { throughput } = await run(clients, 1000)
      return run(clients, throughput * (milliseconds / 1000))
    },
    close: async () => {
      folder.remove()
    },
  }
}
