// SQLite files that cannot be read or written: a typed error in bounded time, and nothing half-written.
import assert from "node:assert/strict"
import Database from "better-sqlite3"
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, test } from "node:test"
import { RustAdapter } from "../../index.js"
import { failure } from "../contract/failure.js"
import { newUser } from "../contract/rows.js"
import { enabled } from "../databases.js"
import { identity, isRoot } from "../servers/identity.js"
import { runProgram } from "./program.js"
import { lockSqlite } from "./sqlite-lock.js"

const timeout = 30_000

function folderOf(t) {
  const folder = mkdtempSync(join(tmpdir(), "files-"))
  t.after(() => {
    chmodSync(folder, 0o700)
    rmSync(folder, { recursive: true })
  })
  return folder
}

/** A database with one user, closed again. */
async function filled(folder, user = newUser()) {
  const path = join(folder, "auth.db")
  const adapter = RustAdapter(`sqlite:${path}`)
  await adapter.createUser(user)
  await adapter.close()
  return { path, user }
}

const calls = {
  getUser: (adapter) => adapter.getUser("x"),
  createUser: (adapter) => adapter.createUser(newUser()),
  deleteUser: (adapter) => adapter.deleteUser("x"),
}

async function allReject(adapter, code) {
  for (const [method, call] of Object.entries(calls)) await assert.rejects(call(adapter), failure(code, { method }))
  await adapter.close()
}

/** Tries to read and to write as a user who is not root, whom no permission would stop. */
async function tryUnprivileged(path, url = `sqlite:${path}`) {
  const { code, stdout, stderr } = await runProgram(
    `
    if (given.uid) { process.setgid(given.gid); process.setuid(given.uid) }
    const attempt = (call) => call.then((value) => value && "found", (error) => error.code)
    const { getUserByEmail, createUser } = RustAdapter(url)
    const [read, write] = [await attempt(getUserByEmail("there@example.com")), await attempt(createUser({ email: "new@example.com" }))]
    console.log(JSON.stringify({ read, write }))
  `,
    { url, ...identity },
  )
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout)
}

if (enabled("sqlite")) {
  describe("SQLite files", () => {
    test("a missing folder, a folder for a file: ERR_CONNECT", { timeout }, async (t) => {
      const folder = folderOf(t)
      await allReject(RustAdapter(`sqlite:${folder}/missing/auth.db`), "ERR_CONNECT")
      await allReject(RustAdapter(`sqlite:${folder}`), "ERR_CONNECT")
      assert.deepEqual(readdirSync(folder), [])
    })

    test("mode=ro and mode=rw do not make a file: ERR_CONNECT", { timeout }, async (t) => {
      const folder = folderOf(t)
      for (const mode of ["ro", "rw"])
        await allReject(RustAdapter(`sqlite:${folder}/auth.db?mode=${mode}`), "ERR_CONNECT")
      assert.deepEqual(readdirSync(folder), [])
    })

    test("mode=ro reads, and refuses to write with ERR_READ_ONLY", { timeout }, async (t) => {
      const { path, user } = await filled(folderOf(t))
      const adapter = RustAdapter(`sqlite:${path}?mode=ro`)
      assert.deepEqual(await adapter.getUser(user.id), user)
      await assert.rejects(adapter.createUser(newUser()), failure("ERR_READ_ONLY", { method: "createUser" }))
      await assert.rejects(
        adapter.updateUser({ id: user.id, name: "x" }),
        failure("ERR_READ_ONLY", { method: "updateUser" }),
      )
      await assert.rejects(adapter.deleteUser(user.id), failure("ERR_READ_ONLY", { method: "deleteUser" }))
      assert.deepEqual(await adapter.getUser(user.id), user)
      await adapter.close()
    })

    test("a read-only file is read, and refuses to be written with ERR_READ_ONLY", { timeout }, async (t) => {
      const folder = folderOf(t)
      const { path } = await filled(folder, newUser({ email: "there@example.com" }))
      chmodSync(path, 0o444)
      if (isRoot) chownSync(folder, identity.uid, identity.gid)
      assert.deepEqual(await tryUnprivileged(path), { read: "found", write: "ERR_READ_ONLY" })
      assert.equal(new Database(path, { readonly: true }).prepare(`SELECT COUNT(*) AS n FROM "user"`).get().n, 1)
    })

    test("a file in a read-only folder is not written", { timeout }, async (t) => {
      const folder = folderOf(t)
      const { path } = await filled(folder, newUser({ email: "there@example.com" }))
      chmodSync(path, 0o666)
      const before = readFileSync(path)
      chmodSync(folder, 0o555)
      const { write } = await tryUnprivileged(path)
      // SQLite cannot make its log beside the file.
      assert.ok(["ERR_READ_ONLY", "ERR_CONNECT"].includes(write), write)
      assert.deepEqual(readFileSync(path), before)
      assert.deepEqual(readdirSync(folder), ["auth.db"])
    })

    test("no file can be made in a read-only folder: ERR_CONNECT", { timeout }, async (t) => {
      const folder = folderOf(t)
      chmodSync(folder, 0o555)
      assert.deepEqual(await tryUnprivileged(join(folder, "auth.db")), { read: "ERR_CONNECT", write: "ERR_CONNECT" })
      assert.deepEqual(readdirSync(folder), [])
    })

    test("a file that is no database is ERR_CONNECT, and left as it is", { timeout }, async (t) => {
      const path = join(folderOf(t), "auth.db")
      const text = "this is somebody's diary\n".repeat(1000)
      writeFileSync(path, text)
      await allReject(RustAdapter(`sqlite:${path}`), "ERR_CONNECT")
      await allReject(RustAdapter(`sqlite:${path}`, { migrate: true }), "ERR_CONNECT")
      assert.equal(readFileSync(path, "utf8"), text)
    })

    test("a database with overwritten pages is a typed error", { timeout }, async (t) => {
      const { path, user } = await filled(folderOf(t))
      const bytes = readFileSync(path)
      bytes.fill(0xa5, 4096) // all but the first page, which has the schema
      writeFileSync(path, bytes)
      const adapter = RustAdapter(`sqlite:${path}`)
      for (const call of [
        () => adapter.getUser(user.id),
        () => adapter.createUser(newUser()),
        () => adapter.getSessionAndUser("x"),
      ]) {
        await assert.rejects(call(), failure("ERR_DATABASE"))
      }
      await adapter.close()
    })

    test("an empty file is an empty database", { timeout }, async (t) => {
      const path = join(folderOf(t), "auth.db")
      writeFileSync(path, "")
      const user = newUser()
      const adapter = RustAdapter(`sqlite:${path}`)
      assert.deepEqual(await adapter.createUser(user), user)
      await adapter.close()
    })

    test("a file that another process has locked is ERR_TIMEOUT, and serves on once it is free", {
      timeout,
    }, async (t) => {
      const { path, user } = await filled(folderOf(t))
      const unlock = await lockSqlite(t, path)
      const adapter = RustAdapter(`sqlite:${path}?busy_timeout=300`)
      await assert.rejects(adapter.createUser(newUser()), failure("ERR_TIMEOUT", { method: "createUser" }))
      await assert.rejects(adapter.deleteUser(user.id), failure("ERR_TIMEOUT", { method: "deleteUser" }))
      // A writer stops no reader.
      assert.deepEqual(await adapter.getUser(user.id), user)
      const waiting = RustAdapter(`sqlite:${path}`)
      const written = waiting.updateUser({ id: user.id, name: "waited" })
      setTimeout(unlock, 300)
      assert.equal((await written).name, "waited")
      const another = newUser()
      assert.deepEqual(await adapter.createUser(another), another)
      await adapter.close()
      await waiting.close()
    })

    test("a disk without room is ERR_DATABASE; what was reported as stored is stored, and nothing else", {
      timeout,
    }, async (t) => {
      const folder = folderOf(t)
      const path = join(folder, "auth.db")
      // The file may not grow beyond a limit, as on a full disk.
      const { code, stdout, stderr } = await runProgram(
        `
        const adapter = RustAdapter(url)
        const stored = []
        const codes = new Set()
        for (let i = 0; i < 60; i++) {
          const id = "user " + i
          const user = { id, email: id, image: "x".repeat(20_000) }
          await adapter.createUser(user).then(() => stored.push(id), (error) => codes.add(error.code))
        }
        console.log(JSON.stringify({ stored, codes: [...codes] }))
      `,
        { url: `sqlite:${path}`, fileBlocks: 1000 },
      )
      assert.equal(code, 0, stderr)
      const { stored, codes } = JSON.parse(stdout)
      assert.deepEqual(codes, ["ERR_DATABASE"])
      assert.ok(stored.length > 0 && stored.length < 60)
      const database = new Database(path)
      assert.deepEqual(
        database
          .prepare(`SELECT id FROM "user" ORDER BY id`)
          .all()
          .map(({ id }) => id),
        stored.toSorted(),
      )
      assert.deepEqual(database.pragma("integrity_check"), [{ integrity_check: "ok" }])
      database.close()
      // With room again, all is well.
      const adapter = RustAdapter(`sqlite:${path}`)
      const user = newUser({ image: "x".repeat(1_000_000) })
      assert.deepEqual(await adapter.createUser(user), user)
      await adapter.close()
    })

    test("a file that vanishes or is replaced while open does not crash", { timeout }, async (t) => {
      const folder = folderOf(t)
      const { path, user } = await filled(folder)
      const copy = join(folder, "copy.db")
      copyFileSync(path, copy)
      const adapter = RustAdapter(`sqlite:${copy}`)
      assert.deepEqual(await adapter.getUser(user.id), user)
      for (const name of readdirSync(folder).filter((name) => name.startsWith("copy"))) rmSync(join(folder, name))
      const outcomes = await Promise.allSettled([
        adapter.getUser(user.id),
        adapter.createUser(newUser()),
        adapter.getUser("x"),
      ])
      for (const { reason } of outcomes.filter(({ status }) => status === "rejected")) {
        assert.match(reason.code, /^ERR_(DATABASE|CONNECT|READ_ONLY|SCHEMA)$/)
      }
      await adapter.close()
    })
  })
}
