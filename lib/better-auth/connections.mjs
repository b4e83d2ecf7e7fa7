// One handle for each URL and set of options, however often the adapter is made.

import binding from "../native/binding.js"
import bridge from "../native/bridge.js"
import prerender from "../native/prerender.js"
import reading from "../reading.js"

const { isArray, misconfigured } = reading

/** By URL and options, which hold credentials: never to be shown. On the process, since bundlers load modules twice. */
const connections = (globalThis[Symbol.for("rust-auth-adapter.connections")] ??= new Map())

/** A connection to the database, opened by the first request. A transaction needs one besides those that go around it. */
export function open(url, options, transactions) {
  if (url !== undefined && url !== null && typeof url !== "string" && !(url instanceof URL)) {
    throw misconfigured(`the database URL must be a string, not ${isArray(url) ? "an array" : typeof url}`)
  }
  prerender.look()
  const address = url == null ? undefined : String(url)
  const pool = transactions ? { ...options.pool, spare: true } : options.pool
  const native = { ...options, pool }
  const key = JSON.stringify([address, native])
  let connection = connections.get(key)
  if (!connection) connections.set(key, (connection = connect(key, address, native)))
  return connection
}

function connect(key, address, options) {
  let handle
  try {
    handle = binding.open(address, options)
  } catch (error) {
    throw misconfigured(error.message)
  }
  bridge.attend(handle)
  let closing
  const close = () => {
    connections.delete(key)
    return (closing ??= bridge.perform(
      "close",
      () => undefined,
      (bridge, id) => binding.close(bridge, handle, id),
    ))
  }
  // The look-ups that have been routed, by their forms.
  return { handle, routed: new Map(), close }
}
