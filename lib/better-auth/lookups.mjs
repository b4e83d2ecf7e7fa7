// Look-ups of one record by one key, which is most of what Better Auth does: a session by its token, a user by an id.
//
// Its factory translates each call anew, into the words of tables and into lines of a log that may be off, which takes
// longer than to find the record. Here it translates the first call of each form; the others go to the core directly.

import binding from "../native/binding.js"
import bridge from "../native/bridge.js"

const { ask, routed } = bridge

/** A look-up whose form has a number. `limits` are those of its joins, and `finish` is what its result still needs, if anything. */
export class Lookup {
  constructor({ schema, form, limits, assemble, finish, subject }) {
    Object.assign(this, { schema, form, limits, assemble, finish, subject })
  }

  find(target, key) {
    const answer = target.transaction ? this.alone(target, key) : this.routed(target)(key)
    return this.finish ? this.finish(answer) : answer
  }

  alone({ handle, transaction }, key) {
    const { schema, form, limits, assemble, subject } = this
    return ask(
      "findOne",
      assemble,
      (bridge, id, atOnce) =>
        binding.request(bridge, handle, transaction, id, schema.number, form, [key, ...limits], atOnce),
      subject,
    )
  }

  /** The look-up by a key, on its route. */
  routed({ handle, routed: known }) {
    const { form, assemble, subject } = this
    let call = known.get(form)
    if (!call) {
      const look = {
        method: "findOne",
        assemble,
        subject,
        start: (bridge, places, count, keys, settle) =>
          binding.requestTogether(bridge, handle, form, places, count, keys, settle),
        alone: (key) => this.alone({ handle }, key),
      }
      ;({ call } = routed(binding.route(handle, form), look))
      known.set(form, call)
    }
    return call
  }
}

/** What distinguishes the look-ups of an application but for the key. `undefined` if the call is none, or has more to it. */
function formOf(call) {
  if (call?.where?.length !== 1 || call.select) return undefined
  const { model, where, join } = call
  const { field, value, operator = "eq", connector = "AND", mode = "sensitive" } = where[0] ?? {}
  if (typeof value !== "string" || operator !== "eq" || connector !== "AND" || mode !== "sensitive") return undefined
  let form = `${model}\n${field}`
  for (const joined in join) {
    if (join[joined] !== true) return undefined
    form += `\n${joined}`
  }
  return form
}

/** Where OpenTelemetry keeps its tracer: an application that traces wants the spans of the factory. */
const TELEMETRY = Symbol.for("opentelemetry.js.api.1")
const isTraced = () => globalThis[TELEMETRY]?.trace !== undefined

/**
 * `findOne` of an adapter that a factory has made. Of the forms that are not in `known`, the factory translates the call,
 * within which `heard.lookup` becomes what it amounts to, if that is a look-up. `isText` tells whether the factory would
 * take a text for the key as it is.
 */
export function direct(findOne, { known, heard, target, isText }) {
  return (call) => {
    const form = isTraced() ? undefined : formOf(call)
    if (form === undefined) return findOne(call)
    const lookup = known.get(form)
    if (lookup) {
      const result = lookup.find(target, call.where[0].value)
      return result instanceof Promise ? result : Promise.resolve(result)
    }
    heard.lookup = undefined
    const answer = findOne(call)
    if (heard.lookup && isText(call)) known.set(form, heard.lookup)
    return answer
  }
}
