// A system that gives a process no more threads: calls fail, the process does not, and later it works.
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { startProgram } from "./program.js"

const nobody = 65534

test("without threads a call is rejected, and the next one with threads is made", { timeout: 60_000 }, async () => {
  const program = startProgram(`
    const { getUser, getSessionAndUser, close } = RustAdapter("postgres://u:secret@127.0.0.1:1/d")
    if (process.getuid() === 0) process.setuid(${nobody}) // the limit does not hold for root
    const next = () => new Promise((resolve) => process.stdin.once("data", resolve))
    const look = async () => {
      for (const call of [() => getUser("x"), () => getSessionAndUser("x")]) {
        await call().catch(({ code, message, method, cause }) => console.log(code, method, message, Boolean(cause)))
      }
    }
    console.log("ready")
    for (const said of ["few", "many"]) {
      await next()
      await look()
      console.log(said)
    }
    await close()
    process.exit()
  `)
  const limit = (soft) => {
    const [command, ...args] = [
      ...(process.getuid() === 0 ? ["setpriv", "--reuid", nobody] : []),
      "prlimit",
      "--pid",
      program.child.pid,
      `--nproc=${soft}:`,
    ]
    const { status, stderr } = spawnSync(command, args, { encoding: "utf8" })
    assert.deepEqual([status, stderr], [0, ""])
  }
  const { hard } = /Max processes\s+\S+\s+(?<hard>\S+)/.exec(
    readFileSync(`/proc/${program.child.pid}/limits`, "utf8"),
  ).groups
  await program.said("ready")
  limit(1)
  program.child.stdin.write("go\n")
  await program.said("few")
  limit(hard)
  program.child.stdin.write("go\n")
  const ended = await program.ended
  const none = "the system gives no threads to wait for the database true"
  assert.deepEqual(ended.stdout.split("\n").slice(0, 4), [
    "ready",
    `ERR_CONNECT getUser ${none}`,
    `ERR_CONNECT getSessionAndUser ${none}`,
    "few",
  ])
  const refused = "the connection to the database failed (host 127.0.0.1, port 1, database d) true"
  assert.deepEqual(ended.stdout.split("\n").slice(4), [
    `ERR_CONNECT getUser ${refused}`,
    `ERR_CONNECT getSessionAndUser ${refused}`,
    "many",
    "",
  ])
  assert.deepEqual([ended.code, ended.stderr, ended.late], [0, "", false])
})
