// A proxy in front of a server that counts turns: a client speaks, and the server answers. On a network each turn costs what the
// distance costs. It also tells what PostgreSQL is asked to execute.
import { once } from "node:events"
import { connect, createServer } from "node:net"

/** `delay`: milliseconds that each direction takes longer, so that what a call does not wait for comes after its answer. */
export async function startTurns(server, { delay = 0 } = {}) {
  const target = new URL(server)
  const seen = { turns: 0, connections: 0, executed: [] }
  const sockets = new Set()
  const later = (work) => (delay ? setTimeout(work, delay) : work())
  const listener = createServer((client) => {
    seen.connections++
    const upstream = connect(Number(target.port), target.hostname)
    const watch = watchStatements((text) => seen.executed.push(text))
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
    client.on("data", (data) => {
      spoke = true
      if (target.protocol !== "mysql:") watch(data)
      later(() => upstream.write(data))
    })
    upstream.on("data", (data) => {
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
    /** What was seen since it was last taken. */
    take: () => {
      const taken = { ...seen, executed: [...seen.executed] }
      Object.assign(seen, { turns: 0, connections: 0, executed: [] })
      return taken
    },
    stop: () => {
      listener.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Reads the messages of one PostgreSQL client, and tells the text of each statement that is bound, or sent as a simple query. */
function watchStatements(tell) {
  const texts = new Map()
  let [rest, started] = [Buffer.alloc(0), false]
  const text = (bytes, from) => bytes.toString("utf8", from, bytes.indexOf(0, from))
  return (data) => {
    rest = Buffer.concat([rest, data])
    for (;;) {
      // The first messages, which ask for TLS and start the session, have no type.
      const header = started ? 1 : 0
      if (rest.length < header + 4) return
      const length = rest.readInt32BE(header) + header
      if (rest.length < length) return
      const [type, body] = [started ? String.fromCharCode(rest[0]) : "", rest.subarray(header + 4, length)]
      if (!started) started = body.readInt32BE(0) === 196608
      if (type === "P") texts.set(text(body, 0), text(body, body.indexOf(0) + 1))
      if (type === "B") tell(texts.get(text(body, body.indexOf(0) + 1)))
      if (type === "Q") tell(text(body, 0))
      rest = rest.subarray(length)
    }
  }
}
