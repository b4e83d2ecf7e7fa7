// The databases of the benchmark. Each module has a `title`, `start()`, which resolves to `{ version, create, stop }`, and
// `fill(url, layout, rows)`; `create(layout, name)` makes an empty database with that layout's tables and resolves to its URL.
import * as mysql from "./mysql.js"
import * as postgres from "./postgres.js"
import * as sqlite from "./sqlite.js"

export const databases = { postgres, mysql, sqlite }
