// The databases that specs run on, each read through a client that is not the adapter's: better-sqlite3, pg, mysql2.
//
// `npm test` starts private servers and names them in TEST_POSTGRES_URL and TEST_MYSQL_URL, unless these are set.
// TEST_DATABASES=sqlite,postgres,mysql narrows the lanes on purpose; a lane whose server is missing is an error.
import * as mysql from "./databases/mysql.js"
import * as postgres from "./databases/postgres.js"
import * as sqlite from "./databases/sqlite.js"

// TEST_POSTGRES_LANE names another file of that folder for the PostgreSQL lane.
const lane = process.env.TEST_POSTGRES_LANE
const lanes = { sqlite, postgres: lane ? await import(`./databases/${lane}.js`) : postgres, mysql }
const names = Object.keys(lanes)
const wanted = (process.env.TEST_DATABASES || names.join()).split(",").map((name) => name.trim())

const unknown = wanted.filter((name) => !names.includes(name))
if (unknown.length) throw new Error(`TEST_DATABASES: "${unknown}" is none of ${names.join(", ")}`)

/** Whether a spec that needs this one database has anything to do in this run. */
export const enabled = (name) => wanted.includes(name)

/**
 * The lanes of this run. `dialect` is what `rust-auth-adapter generate` takes; `flavour` ("mariadb" or "mysql") is set on the mysql lane.
 * `create()` makes a fresh, empty, private database:
 * - `url`: what an adapter gets.
 * - `rows(sql, ...params)`: plain objects; `?` is the placeholder and "double quotes" quote an identifier everywhere.
 *   Dates come back as epoch milliseconds, integers as numbers, booleans as booleans.
 * - `stored(table)`: all rows of one of our tables, alike on every database, so that one expectation serves all.
 * - `close()`: drops the database, breaking the connections to it.
 */
export const databases = await Promise.all(
  names.filter(enabled).map(async (name) => ({ name, ...(await lanes[name].open()) })),
)
