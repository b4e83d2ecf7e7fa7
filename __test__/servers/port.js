import { randomInt } from "node:crypto"
import { createServer } from "node:net"

/**
 * A port of the loopback interface that no process listens on. Below the range that systems give to outgoing connections,
 * so that it is still free when its server comes back after a restart.
 */
export async function freePort() {
  for (let tries = 0; tries < 100; tries++) {
    const port = randomInt(10_000, 32_000)
    if (await isFree(port)) return port
  }
  throw new Error("no free port found")
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer()
    server.once("error", () => resolve(false))
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)))
  })
}
