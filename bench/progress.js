// One line that says where the run is. It moves only between measurements, so that it disturbs none.
import { logUpdateStderr as logUpdate } from "log-update"

const clock = (seconds) => (seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`)

/** `total`: how many times `tick` will be called. */
export function startProgress(total) {
  const begin = Date.now()
  let done = 0
  let section = ""
  let said = ""
  const line = (text) => {
    const share = done / total
    const left = done > 5 ? `, about ${clock(((Date.now() - begin) / 1000) * (1 / share - 1))} left` : ""
    return `${String(Math.floor(share * 100)).padStart(3)} % ${section}: ${text}${left}`
  }
  return {
    begin: (title) => {
      section = title
    },
    tick(text) {
      if (process.stderr.isTTY) logUpdate(line(text))
      // Not on a terminal, a line for each piece of work is enough.
      else if (said !== (said = `${section}: ${text.replace(/, round .*|: is it right\?/, "")}`))
        process.stderr.write(`${line(text)}\n`)
      done++
    },
    end() {
      if (process.stderr.isTTY) logUpdate.clear()
    },
  }
}
