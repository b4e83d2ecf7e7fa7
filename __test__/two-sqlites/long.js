#!/usr/bin/env node
// `npm run test:two-sqlites [rounds]`: every scene, over and over, some 200 rounds in all; some minutes.
import { rmSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { installPackages } from "../run/install.js"
import { copyPackage } from "./second-copy.js"
import { scenes } from "./scenes.js"
import { node24, round } from "./round.js"
import { judge } from "./verdict.js"

await installPackages(["__test__", "__test__/two-sqlites"])
const wanted = Number(process.argv[2] ?? 200)
const pattern = new RegExp(process.argv[3] ?? ".")
const second = copyPackage()
const all = scenes(node24(), [fileURLToPath(new URL("../..", import.meta.url)), second]).filter(({ name }) =>
  pattern.test(name),
)
const totals = new Map(all.map(({ name }) => [name, { rounds: 0, failed: 0, acknowledged: 0, lost: 0, busy: 0 }]))

let [passed, failed] = [0, 0]
for (let number = 0; number < wanted; number++) {
  const scene = all[number % all.length]
  const total = totals.get(scene.name)
  const result = await round(scene)
  total.rounds++
  for (const key of ["acknowledged", "lost", "busy"]) total[key] += result[key]
  try {
    judge(result)
    passed++
  } catch (error) {
    failed++
    total.failed++
    console.log(`✗ ${scene.name}: ${error.message}\n${result.wrong.join("\n").slice(0, 2_000)}`)
  }
}
rmSync(second, { recursive: true })

for (const [name, { rounds, failed, acknowledged, lost, busy }] of totals) {
  console.log(
    `${failed ? "✗" : "✓"} ${name}: ${rounds} rounds, ${lost} lost of ${acknowledged.toLocaleString("en")} acknowledged, ${busy} found the lock taken`,
  )
}
const sum = (key) => [...totals.values()].reduce((sum, total) => sum + total[key], 0)
console.log(`${sum("rounds")} rounds: ${sum("lost")} lost of ${sum("acknowledged").toLocaleString("en")}`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed ? 1 : 0
