// What a contestant costs before and beside its work, each time in a fresh process.
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { runtime, start } from "./process.js"

const script = fileURLToPath(new URL("start-up-child.js", import.meta.url))

/** Milliseconds of import + construct, once for each round. */
export async function measureStartUp(contestant, url) {
  const { stdout } = await promisify(execFile)(runtime(contestant), [script, contestant.module, url])
  return { milliseconds: Number(stdout) }
}

/** Resident megabytes after each of `counts` look-ups, 32 at once. */
export async function measureMemory(contestant, url, data, counts) {
  const process = await start(contestant, url, data)
  const memory = []
  let done = 0
  for (const calls of counts) {
    await process.exercise("lookUp", { callers: 32, calls: calls - done })
    done = calls
    memory.push({ calls, ...(await process.memory()) })
  }
  await process.close()
  return memory
}
