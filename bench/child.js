// The process of one contestant: does what its parent says, one command at a time. Runs on Node and on Bun.
import { getHeapSpaceStatistics } from "node:v8"
import { openData } from "./data.js"
import { exercise, measure } from "./measure.js"
import { timeMethods } from "./methods.js"
import { works } from "./works/index.js"

const [, , module, url, description] = process.argv
const data = openData(JSON.parse(description))
const { open } = await import(new URL(`contestants/${module}`, import.meta.url).href)
const subject = await open(url, data)
const started = new Map()

const commands = {
  check: ({ work }) => works[work].check(subject, data),

  async measure({ work, ...conditions }) {
    if (!started.has(work)) started.set(work, await works[work].start(subject, data))
    return measure(started.get(work), conditions)
  },

  methods: (conditions) => timeMethods(subject, data, conditions),

  exercise: async ({ work, ...conditions }) => exercise(await works[work].start(subject, data), conditions),

  /** Resident megabytes, without what only waits to be collected, and those of them where V8 makes new objects. */
  memory: async () => {
    for (let round = 0; round < 3; round++) {
      globalThis.gc?.()
      globalThis.Bun?.gc(true)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    const young = process.versions.bun
      ? undefined
      : getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space")
    return { megabytes: process.memoryUsage().rss / 2 ** 20, young: young && young.physical_space_size / 2 ** 20 }
  },

  close: () => subject.close(),
}

process.on("message", async ({ command, ...options }) => {
  try {
    process.send({ result: (await commands[command](options)) ?? null })
  } catch (error) {
    process.send({ error: error.stack ?? String(error) })
  }
})
process.on("disconnect", () => process.exit())
process.send({ result: "ready" })
