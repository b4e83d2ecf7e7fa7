#!/usr/bin/env node
// `npm run test:engines`: engines of several servers, and local ones, started on this machine one after the other. On each the
// contract, a round of Better Auth, and scenes of what several servers do to callers. Prints their figures, and closes with
// `N passed, N failed`. It takes half an hour, and no part of it is in `npm test`: the scenes run with all that CI runs.
//
//   npm run test:engines -- galera pglite      only these
//   npm run test:engines -- --scenes <pattern> only scenes whose title matches, and no specs
//   npm run test:engines -- --specs <pattern>  only spec files whose path matches, and no scenes
import { parseArgs } from "node:util"
import { installPackages } from "../run/install.js"
import { useScratchFolder } from "../run/scratch.js"
import { runSpecs } from "../run/specs.js"
import { step } from "../run/step.js"
import { close, count, countFailure } from "../run/tally.js"

const SPECS = {
  postgres: ["contract/postgres.spec.js"],
  mysql: ["contract/mysql.spec.js"],
  both: ["better-auth/flows/password.spec.js", "better-auth/engine/atomics.spec.js", "better-auth/engine/race.spec.js"],
}
/** The contract is one file. Some of these engines take several times as long for it. */
const FILE_LIMIT_MS = 900_000

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { scenes: { type: "string" }, specs: { type: "string" } },
})

useScratchFolder()
await installPackages([
  "__test__",
  "__test__/swap-in",
  "__test__/better-auth",
  "__test__/better-auth/newest",
  "__test__/engines",
])
const { engines } = await import("./engines.js")

const figures = []
function report(where, results, milliseconds) {
  count(where, results)
  const failed = results.filter(({ passed }) => !passed).length
  console.log(
    `${failed ? "✗" : "✓"} ${where}: ${results.length - failed} of ${results.length}, ${(milliseconds / 1000).toFixed(1)} s`,
  )
}

async function run(name) {
  const { title, start } = engines[name]
  const engine = await step(title, start)
  try {
    console.log(`\n== ${title}: ${engine.version}`)
    if (options.scenes === undefined) {
      Object.assign(process.env, engine.environment)
      const files = [...SPECS[engine.environment.TEST_DATABASES], ...SPECS.both]
      await runSpecs(
        files.filter((file) => new RegExp(options.specs ?? ".").test(file)),
        (file, results, milliseconds) => report(`${name}: ${file}`, results, milliseconds),
        { limitMs: FILE_LIMIT_MS },
      )
      for (const variable of Object.keys(engine.environment)) delete process.env[variable]
    }
    if (options.specs === undefined)
      for (const [scene, play] of Object.entries(engine.scenes).filter(([scene]) =>
        new RegExp(options.scenes ?? ".").test(scene),
      )) {
        const begun = Date.now()
        const { figures: counted, wrong } = await play().catch((error) => ({ figures: {}, wrong: [error.stack] }))
        report(
          `${name}: ${scene}`,
          [{ name: scene, passed: wrong.length === 0, reason: wrong.join("\n") }],
          Date.now() - begun,
        )
        console.log(
          `    ${Object.entries(counted)
            .map(([what, number]) => `${what}: ${number}`)
            .join(", ")}`,
        )
        figures.push({ engine: name, scene, figures: counted })
      }
  } finally {
    await engine.stop()
  }
}

for (const name of positionals.length ? positionals : Object.keys(engines)) {
  if (!engines[name]) {
    countFailure("this run", name, `no such engine: ${Object.keys(engines).join(", ")}`)
    continue
  }
  await run(name).catch((error) => countFailure(name, "start and end", error.stack))
}
console.table(
  figures.map(({ engine, scene, figures: counted }) => ({
    engine,
    scene,
    figures: Object.entries(counted)
      .map(([what, number]) => `${what} ${number}`)
      .join(", "),
  })),
)
process.exit(close())
