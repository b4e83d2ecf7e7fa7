// SQLite beside another copy of SQLite, in short; `npm run test:two-sqlites` takes its time.
import { rmSync } from "node:fs"
import { after, describe, test } from "node:test"
import { fileURLToPath } from "node:url"
import { enabled } from "../databases.js"
import { copyPackage } from "./second-copy.js"
import { scenes } from "./scenes.js"
import { node24, round } from "./round.js"
import { judge } from "./verdict.js"

/** Each kind of scene once. */
const SHORT = [
  "better-sqlite3: on the same thread",
  "better-sqlite3: in rollback mode",
  "better-sqlite3: on another thread, in rollback mode, looking",
  "better-sqlite3: both open and close over and over, in two processes",
  "better-sqlite3: transactions across ours",
  "better-sqlite3: killed",
  "node:sqlite: on another thread",
  "node:sqlite: ours by the pool",
  "two copies of this package",
  "another process writes while this one reads the file's bytes",
]

if (enabled("sqlite")) {
  describe("beside another SQLite", () => {
    const second = copyPackage()
    after(() => rmSync(second, { recursive: true }))
    const all = scenes(node24(), [fileURLToPath(new URL("../..", import.meta.url)), second])
    for (const name of SHORT) {
      const scene = all.find((scene) => scene.name === name)
      test(name, { timeout: 30_000 }, async () => judge(await round({ ...scene, milliseconds: 1_000 })))
    }
  })
}
