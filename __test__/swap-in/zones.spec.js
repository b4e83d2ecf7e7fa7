// The swap where nothing is in UTC: not this process, not PostgreSQL, not MariaDB. Instants stay exact all the same.
import { after } from "node:test"
import { allPeers } from "./all-peers.js"
import { printMatrix } from "./matrix.js"

process.env.TZ = "America/New_York"
const lanes = (process.env.TEST_DATABASES || "sqlite,postgres,mysql").split(",")
if (lanes.includes("mysql")) {
  const { startMariaDb } = await import("../servers/mariadb.js")
  process.env.TEST_MYSQL_URL = (await startMariaDb({ args: ["--default-time-zone=+05:00"] })).url
}
const { databases } = await import("../databases.js")
const { swapIn } = await import("./suite.js")

const zoned = databases.map((lane) => ({
  ...lane,
  async create() {
    const database = await lane.create()
    if (lane.name === "postgres")
      await database.rows(`ALTER DATABASE ${new URL(database.url).pathname.slice(1)} SET timezone = 'Asia/Tokyo'`)
    return database
  },
}))

const matrix = []
for (const peer of await allPeers())
  swapIn({ ...peer, options: peer.zoneOptions ?? peer.options }, zoned, matrix, { isShifted: true })
after(() => console.log(printMatrix(matrix)))
