// One Auth.js application: a framework, its configuration, and what it logged.
import { origin } from "./frameworks.js"

export const secret = "a secret of thirty-two characters"

export class App {
  /** Everything logged at error level; a flow that should go well ends with an empty list. */
  errors = []
  /** Everything logged at debug level, as `[message, metadata]`. */
  debugged = []
  #config

  /** `config`: the framework's configuration, or a function that makes one for each request. */
  constructor(framework, config) {
    this.framework = framework
    this.#config = config
  }

  get sessionCookie() {
    return this.framework.sessionCookie
  }

  handle(request) {
    const config = typeof this.#config === "function" ? this.#config() : this.#config
    const logger = {
      error: (...entry) => this.errors.push(entry.length === 1 ? entry[0] : entry),
      warn() {},
      debug: (...entry) => this.debugged.push(entry),
    }
    return this.framework.answer(request, { secret, logger, ...config })
  }
}

/** Where a response leads: path and `error` parameter of its Location, the way Auth.js reports the end of every flow. */
export function outcome(response) {
  const location = response.headers.get("location")
  if (!location) return { status: response.status }
  const url = new URL(location, origin)
  return { path: url.origin === origin ? url.pathname : url.href, error: url.searchParams.get("error") }
}
