// The crate's rooms: no import turns round, and none points up. Named `src.spec.js` once src/ has the rooms of rooms.json.
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { root } from "../run/command.js"
import { complaints } from "./imports.js"

test("every import of src/ stays in its room or points down, and none turns round", () => {
  const { order } = JSON.parse(readFileSync(new URL("rooms.json", import.meta.url), "utf8"))
  assert.deepEqual(complaints(join(root, "src"), order), [])
})
