// Runs spec files, each in a process of its own, two at a time.
import { existsSync, mkdtempSync, readFileSync, readdirSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { command, root } from "./command.js"

const CONCURRENCY = 2
const FILE_LIMIT_MS = 600_000
const folder = join(root, "__test__")
const reporter = new URL("reporter.js", import.meta.url).href

/** The spec files, by their path inside `__test__`, that match `pattern`. */
export function findSpecs(pattern) {
  return readdirSync(folder, { recursive: true })
    .filter((path) => path.endsWith(".spec.js") && !path.includes("node_modules") && pattern.test(path))
    .sort()
}

/** Runs `files`; `onResult(file, results, milliseconds)` hears of each as it ends. */
export async function runSpecs(files, onResult, { limitMs = FILE_LIMIT_MS } = {}) {
  const destination = mkdtempSync(join(tmpdir(), "results-"))
  const queue = [...files.entries()]
  const work = async () => {
    for (let next; (next = queue.shift()); ) {
      const [number, file] = next
      const begin = Date.now()
      onResult(file, await runSpec(file, join(destination, `${number}.jsonl`), limitMs), Date.now() - begin)
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, work))
}

async function runSpec(file, destination, limitMs) {
  const args = [`--test-reporter=${reporter}`, `--test-reporter-destination=${destination}`, file]
  const { status, late, output } = await command(process.execPath, args, { folder: "__test__", limitMs })

  const lines = readLines(destination)
  const tests = lines.filter(({ name }) => name)
  const said = [...lines.flatMap((line) => line.said ?? []), output.slice(-20_000).trim()].filter(Boolean)
  const failure = (reason) => tests.push({ name: "(the file)", passed: false, reason: [reason, ...said].join("\n") })
  const last = lines.findLast((line) => line.began)?.began
  if (late) failure(`did not end within ${limitMs / 1000} s; the test that began last: ${last ?? "none"}`)
  else if (status !== 0 && tests.every(({ passed }) => passed)) failure(`the process ended with ${status}`)
  else if (tests.length === 0 && !process.env.TEST_DATABASES) failure("has no tests")
  return tests
}

function readLines(path) {
  if (!existsSync(path)) return [] // the process ended before it could say anything
  // A process that was killed may have left half a line.
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.endsWith("}"))
    .map((line) => JSON.parse(line))
}
