// The specs of Auth.js's tables with another Better Auth than the main one, on the two layouts that differ most: on ours, accounts and sessions
// have no ids and a key of what names them; on Prisma's, they have ids which the database does not make. What Better Auth's versions differ in
// (their requests, hooks and cookies) is the same on all others.
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { createRequire, register } from "node:module"
import { test } from "node:test"
import { pathToFileURL } from "node:url"
import { bounds } from "../authjs/bounds.js"

/** `differences`: what `bounds` has of that version. */
export async function onAuthjsTables(folder, version, differences) {
  const application = new URL(`${folder}/application.js`, import.meta.url)
  register("../version.js", import.meta.url, { data: application.href })
  Object.assign(bounds, { layouts: ["our own tables", "prisma"], ...differences })
  const { betterAuth } = await import("../authjs/stage.js")

  test(`this is better-auth ${version}`, async () => {
    const main = pathToFileURL(createRequire(application).resolve("better-auth"))
    assert.equal((await import(main)).betterAuth, betterAuth)
    const installed = readFileSync(new URL(`${folder}/node_modules/better-auth/package.json`, import.meta.url))
    assert.equal(JSON.parse(installed).version, version)
  })

  await import("../authjs/layouts.spec.js")
  await import("../authjs/continued.spec.js")
}
