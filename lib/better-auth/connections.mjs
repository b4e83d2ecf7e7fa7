// One handle for each URL and set of options, however often the adapter is made.

import errors from "../error.js"
import binding from "../native/binding.js"
import bridge from "../native/bridge.js"
import prerender from "../native/prerender.js"
import reading from "../reading.js"

const { RustAdapterError } = errors
const { isArray, misconfigured } = reading

/** As long as a call may take to get a connection, unless it is told otherwise. */
const PATIENCE_MS = 10_000

/** No timer waits longer. */
const LONGEST_MS = 2 ** 31 - 1

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
  const transactions = new Set()
  let closing
  const end = () =>
    bridge.perform(
      "close",
      () => undefined,
      (bridge, id) => binding.close(bridge, handle, id),
    )
  const close = () => {
    connections.delete(key)
    return (closing ??= transactions.size ? Promise.all(transactions).then(end) : end())
  }
  /**
   * `work` is a transaction, which may have more requests to make: `close` waits for it, for so many milliseconds since it has begun, or
   * begun anew, which it says by calling what it is given.
   */
  const track = async (milliseconds, work) => {
    if (closing) throw new RustAdapterError("ERR_CLOSED", "the adapter has been closed", { method: "transaction" })
    let settle, limit
    const settled = new Promise((resolve) => (settle = resolve))
    const extend = () => {
      clearTimeout(limit)
      // The server's clock begins with the first write, which may wait for a connection.
      limit = setTimeout(settle, Math.min(milliseconds + PATIENCE_MS, LONGEST_MS))
      limit.unref()
    }
    transactions.add(settled)
    try {
      return await work(extend)
    } finally {
      clearTimeout(limit)
      transactions.delete(settled)
      settle()
    }
  }
  // The look-ups that have been routed, by their forms.
  return { handle, routed: new Map(), close, track }
}
