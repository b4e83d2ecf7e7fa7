// One process of a round: its writers, on this thread or on threads of their own. Says how it went in one line of JSON.
import { readdirSync, readlinkSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads"
import { writeOther } from "./other.js"
import { writeOurs } from "./ours.js"

const write = (writer) => (writer.driver || writer.style === "read" ? writeOther(writer) : writeOurs(writer))

const onThread = (writer) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: writer })
    worker.once("message", resolve).once("error", reject)
  })

/** How many descriptors this process has of files in `folder`. */
function descriptors(folder) {
  if (process.platform !== "linux") return 0
  const targets = readdirSync("/proc/self/fd").map((number) => {
    try {
      return readlinkSync(`/proc/self/fd/${number}`)
    } catch {
      return "" // the one that listed them
    }
  })
  return targets.filter((target) => target.startsWith(`${folder}/app.db`)).length
}

if (isMainThread) {
  const { writers, folder } = JSON.parse(process.argv[2])
  // All begin together, however long each takes to start.
  console.log("ready")
  const milliseconds = await new Promise((resolve) => process.stdin.once("data", (data) => resolve(Number(data))))
  process.stdin.destroy()
  for (const writer of writers) writer.until = Date.now() + milliseconds
  let most = 0
  const look = setInterval(() => (most = Math.max(most, descriptors(folder))), 100)
  const results = await Promise.all(writers.map((writer) => (writer.thread ? onThread(writer) : write(writer))))
  clearInterval(look)
  console.log(JSON.stringify({ results, descriptors: most, left: descriptors(folder) }))
} else {
  parentPort.postMessage(await write(workerData))
}
