// The suites that Better Auth publishes for its adapters, whole, on every database of this run. Vitest runs this file.
import {
  authFlowTestSuite,
  caseInsensitiveTestSuite,
  joinsTestSuite,
  normalTestSuite,
  numberIdTestSuite,
  testAdapter,
  transactionsTestSuite,
  uuidTestSuite,
} from "@better-auth/test-utils/adapter"
import { databases } from "../../databases.js"
import { openAdapter } from "../adapter.js"
import { dropTables, migrate } from "../tables.js"

const suites = [
  normalTestSuite,
  transactionsTestSuite,
  authFlowTestSuite,
  numberIdTestSuite,
  joinsTestSuite,
  uuidTestSuite,
  caseInsensitiveTestSuite,
]

for (const lane of databases) {
  const database = await lane.create()
  // Once: the suites ask for an adapter before every single call.
  const opened = await openAdapter(database)
  const { execute } = await testAdapter({
    prefixTests: lane.name,
    adapter: () => opened.database,
    runMigrations: async (options) => {
      await dropTables(lane, database)
      await migrate(database, options)
    },
    tests: suites.map((suite) => suite()),
    onFinish: async () => {
      await opened.close()
      await database.close()
    },
  })
  execute()
}
