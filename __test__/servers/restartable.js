/** A server that specs can break and bring back. `start()` starts its process on the data that `folder` holds. */
export async function restartable({ url, port, folder, start }) {
  let daemon = await start()
  return {
    url,
    port,
    /** As a crash: every connection breaks at once. */
    kill: () => daemon.stop(),
    /** Comes back with the same data on the same port. */
    restart: async () => {
      await daemon.stop()
      daemon = await start()
    },
    /** As an administrator does it: the server, asked by `signal`, ends its sessions and what they do, and then itself. */
    restartGently: async (signal) => {
      process.kill(daemon.pid, signal)
      await daemon.ended
      daemon = await start()
    },
    stop: async () => {
      await daemon.stop()
      folder.remove()
    },
  }
}
