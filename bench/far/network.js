// A network between a client and a server on this machine: each byte takes half a round trip, and so does what opens and ends a
// connection. It counts turns: a client speaks, and the server answers.
import { once } from "node:events"
import { connect, createServer } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { now } from "./clock.js"

/** `roundTrip` in milliseconds. Timers know whole ones: of an odd number the way back takes the one more. */
export async function startNetwork(server, { roundTrip }) {
  const target = new URL(server)
  const there = Math.floor(roundTrip / 2)
  const later = (milliseconds, work) => (milliseconds ? setTimeout(work, milliseconds) : work())
  const sockets = new Set()
  /** When each turn's answer came to its client, and when each connection was opened. */
  const seen = { turns: [], connections: [] }

  const listener = createServer((client) => {
    seen.connections.push(now())
    const upstream = connect(Number(target.port), target.hostname)
    // MySQL's server speaks first, which is a turn as well.
    let spoke = target.protocol === "mysql:"
    for (const [socket, other, delay] of [
      [client, upstream, there],
      [upstream, client, roundTrip - there],
    ]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on("error", () => {})
      socket.on("close", () => {
        sockets.delete(socket)
        later(delay, () => other.destroy())
      })
    }
    // The kernel has accepted the client at once: the round trip that this takes on a network is waited for here.
    let opening = roundTrip ? sleep(roundTrip) : undefined
    opening?.then(() => (opening = undefined))
    const opened = (work) => (opening ? opening.then(work) : work())
    client.on("data", (data) => {
      spoke = true
      opened(() => later(there, () => upstream.write(data)))
    })
    upstream.on("data", (data) => {
      const turn = spoke
      spoke = false
      opened(() =>
        later(roundTrip - there, () => {
          if (turn) seen.turns.push(now())
          client.write(data)
        }),
      )
    })
  })
  await once(listener.listen(0, "127.0.0.1"), "listening")
  listener.unref()

  const within = (times, { begin, end }) => times.filter((time) => time >= begin && time <= end).length
  return {
    /** The URL that reaches `database`, which is one of the server's, over the network. */
    through(database, { hostname = "127.0.0.1" } = {}) {
      return Object.assign(new URL(database), { hostname, port: listener.address().port }).href
    },
    /** What was answered and opened between two moments of the common clock. */
    between: (span) => ({ turns: within(seen.turns, span), connections: within(seen.connections, span) }),
    /** Waits until nothing has been said for some time: what no call waits for has been done by then. */
    async quiet() {
      const pause = 30 + 3 * roundTrip
      for (;;) {
        const last = Math.max(0, ...[seen.turns, seen.connections].map((times) => times.at(-1) ?? 0))
        const left = last + pause - now()
        if (left <= 0) break
        await sleep(left)
      }
      seen.turns.length = seen.connections.length = 0
    },
    stop() {
      listener.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
