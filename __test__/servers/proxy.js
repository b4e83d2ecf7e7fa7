// A TCP proxy in front of a server, whose network can be long, and can fail: a peer that says nothing any more, a connection
// that breaks.
import { connect, createServer } from "node:net"
import { once } from "node:events"
import { setTimeout } from "node:timers/promises"

const QUIET_MS = 40

/** `delay`: milliseconds that each answer takes longer. */
export async function startProxy(server, { delay = 0 } = {}) {
  let longer = delay
  let target = new URL(server)
  const pairs = new Set()
  let [stalled, away, swallows, holds] = [false, false]
  let heard = Date.now()
  const listener = createServer((client) => {
    if (away) return client.on("error", () => {}).destroy()
    const upstream = connect(Number(target.port), target.hostname)
    const pair = [client, upstream]
    pairs.add(pair)
    const end = () => {
      pairs.delete(pair)
      for (const socket of pair) socket.destroy()
    }
    for (const socket of pair) socket.on("error", end).on("close", end)
    // While stalled, what arrives is accepted and goes nowhere.
    client.on("data", (data) => {
      heard = Date.now()
      if (stalled) return
      if (!holds?.matches(data)) return upstream.write(data)
      holds.resolve(() => upstream.write(data))
      holds = undefined
    })
    const answer = async (data) => {
      heard = Date.now()
      if (stalled) return
      if (!swallows || swallows.spared-- > 0) return client.write(data)
      const { meanwhile } = swallows
      swallows = undefined
      await meanwhile()
      end()
    }
    upstream.on("data", (data) => (longer ? setTimeout(longer).then(() => answer(data)) : answer(data)))
  })
  await once(listener.listen(0, "127.0.0.1"), "listening")
  listener.unref()

  const cut = () => pairs.forEach(([client]) => client.destroy())
  const url = new URL(server)
  url.hostname = "127.0.0.1"
  url.port = listener.address().port
  return {
    url: url.href,
    connections: () => pairs.size,
    /** From now on, each answer takes so many milliseconds longer. */
    slow: (milliseconds) => (longer = milliseconds),
    /** Connections stay open, new ones too, and nothing comes through: a peer that vanished. */
    stall: () => (stalled = true),
    /** As the network comes back: what was lost stays lost, so the connections of the stall break. */
    resume: () => {
      stalled = away = false
      cut()
    },
    /** Connections break, and new ones are accepted and closed at once: a load balancer without a server behind it. */
    turnAway: () => {
      away = true
      cut()
    },
    cut,
    /** Connections break, and new ones lead to the server at this URL. */
    lead: (to) => {
      target = new URL(to)
      cut()
    },
    /** Resolves when neither side has said anything for a while: what a connection prepares by itself is prepared. */
    quiet: async (milliseconds = QUIET_MS) => {
      while (Date.now() - heard < milliseconds) await setTimeout(QUIET_MS)
    },
    /** The next answer, after the first `spared`, does not reach its client: the connection ends instead, after `meanwhile`. */
    swallow: (meanwhile = () => {}, spared = 0) => (swallows = { meanwhile, spared }),
    /** Whether that has not happened yet; from now on it will not. */
    spare: () => {
      const spared = swallows !== undefined
      swallows = undefined
      return spared
    },
    /** The first message to the server that `matches` waits. Resolves, as soon as it is there, to what lets it go on. */
    hold: (matches) => new Promise((resolve) => (holds = { matches, resolve })),
    stop: async () => {
      listener.close()
      cut()
    },
  }
}
