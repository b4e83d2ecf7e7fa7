// The contract on a SQLite file in rollback mode, as most applications have theirs.
import Database from "better-sqlite3"
import { databases } from "../databases.js"
import { contract } from "./suite.js"

for (const database of databases.filter(({ name }) => name === "sqlite")) {
  const create = async (options) => {
    const created = await database.create(options)
    const file = new Database(created.path)
    file.exec("CREATE TABLE elsewhere (id INTEGER PRIMARY KEY)")
    file.close()
    return created
  }
  contract({ ...database, create })
}
