// This package's part: users, each acknowledged by its promise.
import { createRequire } from "node:module"
import { join } from "node:path"
import { isBusy, openRecord } from "./lifetime.js"

const require = createRequire(import.meta.url)

/** Writes users until `until`; `style` is "steady", or "reopen" to open and close around every few. */
export async function writeOurs({ name, packageFolder, url, options, style, callers = 4, record, until }) {
  const { RustAdapter } = require(join(packageFolder, "index.js"))
  const { acknowledged, close } = openRecord(record)
  let [count, busy] = [0, 0]
  const write = async (adapter) => {
    const id = `${name}-${process.pid}-${count++}`
    try {
      await adapter.createUser({ id, email: `${id}@example.com`, emailVerified: null })
      acknowledged(id)
      if (!(await adapter.getUser(id))) throw new Error(`${id} was acknowledged and is not there`)
    } catch (error) {
      if (!isBusy(error)) throw error
      busy++
    }
  }
  let adapter = RustAdapter(url, options)
  while (Date.now() < until) {
    await Promise.all(Array.from({ length: callers }, () => write(adapter)))
    if (style !== "reopen") continue
    await adapter.close()
    adapter = RustAdapter(url, options)
  }
  await adapter.close()
  close()
  return { busy, count }
}
