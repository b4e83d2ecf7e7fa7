// The process of one contestant that is far from its server: it makes one call at a time, and tells when it began and ended.
import { openData } from "../data.js"
import { measure } from "../measure.js"
import { works } from "../works/index.js"
import { timed } from "./clock.js"
import { answers, steps } from "./steps.js"

const [, , module, url, description] = process.argv
const data = openData(JSON.parse(description))
const { open } = await import(new URL(`../contestants/${module}`, import.meta.url).href)
const subject = await open(url, data)
const made = {}
// Not while something is timed.
void data.tokens
const started = new Map()
for (const work of ["lookUp", "firstSignIn"]) started.set(work, await works[work].start(subject, data))

const span = ({ begin, end }) => ({ begin, end })
const commands = {
  call: async ({ work }) => span(await timed(started.get(work).call)),

  /** A step of `steps.js`; null where the contestant has no such method. */
  async step({ name }) {
    if (!subject[name]) return null
    const step = await timed(() => steps[name](subject, made, data))
    if (answers(name) && !step.answer) throw new Error(`${name} answered nothing`)
    return span(step)
  },

  async measure({ work, ...conditions }) {
    const { answer, ...when } = await timed(() => measure(started.get(work), conditions))
    return { ...when, ...answer }
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
