import { once } from "node:events"

// Everything here is for the person at this computer, so nothing listens on the network.
export const host = "127.0.0.1"

/** Listens on `port`; when that one is taken, says so and listens on a free one. 0 is a free port. Returns the port. */
export async function listen(server, port = 0) {
  server.listen(port, host)
  try {
    await once(server, "listening")
  } catch (error) {
    if (error.code !== "EADDRINUSE") throw error
    server.listen(0, host)
    await once(server, "listening")
    console.log(`Port ${port} is taken by another program: port ${server.address().port} takes its place.`)
  }
  return server.address().port
}

/** Lets the requests in hand finish, but a browser that just keeps its connection open does not hold us up. */
export async function close(server) {
  const closed = once(server, "close")
  server.close()
  setTimeout(() => server.closeAllConnections(), 1000).unref()
  await closed
}
