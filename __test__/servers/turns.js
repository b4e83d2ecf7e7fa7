// A proxy in front of a server that counts turns: a client speaks, and the server answers. On a network each turn costs what the
// distance costs. It also tells what the server is asked, as far as that is not encrypted.
import { once } from "node:events"
import { connect, createServer } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { readClient } from "./wire.js"

/**
 * `delay`: milliseconds that each direction takes longer, so that what a call does not wait for comes after its answer. `admit(number)`
 * resolves when the connection with this number, from 1 on, is let through to the server. `rewrite(data)`: what the server gets of what a
 * client sends.
 */
export async function startTurns(server, { delay = 0, admit, rewrite = (data) => data } = {}) {
  const target = new URL(server)
  const nothing = () => ({ turns: 0, connections: 0, executed: [], sent: new Set() })
  let [seen, opened, heard] = [nothing(), 0, performance.now()]
  const sockets = new Set()
  const later = (work) => (delay ? setTimeout(work, delay) : work())
  const listener = createServer((client) => {
    seen.connections++
    const admitted = admit?.(++opened)
    const upstream = connect(Number(target.port), target.hostname)
    const read = readClient(target.protocol, ({ sent, executed }) => {
      if (sent !== undefined) seen.sent.add(sent)
      if (executed !== undefined) seen.executed.push(executed)
    })
    // MySQL's server speaks first, which is a turn as well.
    let spoke = target.protocol === "mysql:"
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on("error", () => {})
      socket.on("close", () => {
        sockets.delete(socket)
        later(() => [client, upstream].forEach((each) => each.destroy()))
      })
    }
    client.on("data", (sent) => {
      heard = performance.now()
      const data = rewrite(sent)
      spoke = true
      read(data)
      if (admitted) admitted.then(() => upstream.write(data))
      else later(() => upstream.write(data))
    })
    upstream.on("data", (data) => {
      heard = performance.now()
      if (spoke) seen.turns++
      spoke = false
      later(() => client.write(data))
    })
  })
  await once(listener.listen(0, "127.0.0.1"), "listening")
  listener.unref()

  return {
    /** The URL that reaches `database`, which is one of the server's, through the proxy. */
    through: (database) =>
      Object.assign(new URL(database), { hostname: "127.0.0.1", port: listener.address().port }).href,
    /**
     * What was seen since it was last taken: `{ turns, connections, executed, sent }`, the latter two texts of statements, as
     * `wire.js` has them.
     */
    take: () => {
      const taken = seen
      seen = nothing()
      return taken
    },
    /** Resolves when neither side has said anything for so many milliseconds: what no call waits for has been done by then. */
    quiet: async (milliseconds) => {
      for (let left = milliseconds; left > 0; left = heard + milliseconds - performance.now()) await sleep(left)
    },
    stop: () => {
      listener.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
