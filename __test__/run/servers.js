// Starts the servers that this run's database lanes need and names them in the environment of the specs.
import { startMariaDb } from "../servers/mariadb.js"
import { startMySql9 } from "../servers/mysql9.js"
import { startPostgres } from "../servers/postgres.js"
import { step } from "./step.js"

const lanes = {
  postgres: { variable: "TEST_POSTGRES_URL", server: "PostgreSQL", start: startPostgres },
  mysql: { variable: "TEST_MYSQL_URL", server: "MariaDB", start: startMariaDb },
}

/** Servers that the environment names already are used as they are. What is started goes when this process ends. */
export async function startServers(databases) {
  for (const database of databases) {
    const lane = lanes[database]
    if (!lane || process.env[lane.variable]) continue
    process.env[lane.variable] = (await step(`${lane.server} server`, () => lane.start())).url
  }
}

export async function startMySql9Lane() {
  process.env.TEST_DATABASES = "mysql"
  process.env.TEST_MYSQL_URL = (await step("MySQL 9 server", startMySql9)).url
}
