// Every adapter that ours replaces, on every database: see suite.js. Closes with the matrix, which docs/swap-in.md has to show.
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { databases } from "../databases.js"
import { allPeers } from "./all-peers.js"
import { printMatrix } from "./matrix.js"
import { swapIn } from "./suite.js"

const matrix = []
for (const peer of await allPeers()) swapIn(peer, undefined, matrix)

// The last to run: by then the matrix is full.
test("docs/swap-in.md shows what came out", () => {
  const lanes = databases.map(({ name }) => name)
  const page = readFileSync(new URL("../../docs/swap-in.md", import.meta.url), "utf8")
  const [head, line, ...rows] = page.slice(page.indexOf("| peer | database |")).split("\n\n")[0].split("\n")
  const shown = [head, line, ...rows.filter((row) => lanes.includes(row.split(" | ")[1]))]
  const printed = printMatrix(matrix)
  console.log(printed)
  assert.deepEqual(shown, printed.split("\n"))
})
