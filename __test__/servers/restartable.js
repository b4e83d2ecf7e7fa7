import { existsSync, readFileSync } from "node:fs"

/** A server that specs can break and bring back. `start()` starts its process on the data that `folder` holds. */
export async function restartable({ url, port, folder, start, data }) {
  let daemon = await start()
  const end = async (signal) => {
    process.kill(daemon.pid, signal)
    await daemon.ended
  }
  /** To its process, and to those that it has started. */
  const signal = (name) => {
    const path = `/proc/${daemon.pid}/task/${daemon.pid}/children`
    if (!existsSync(path)) return
    for (const pid of [daemon.pid, ...readFileSync(path, "utf8").split(" ").filter(Boolean).map(Number)]) {
      try {
        process.kill(pid, name)
      } catch (error) {
        if (error.code !== "ESRCH") throw error
      }
    }
  }
  return {
    url,
    port,
    /** The folder that holds its data, where a second server can be made of it. */
    data,
    /** As a crash: every connection breaks at once. */
    kill: () => daemon.stop(),
    /** Comes back with the same data on the same port. */
    restart: async () => {
      await daemon.stop()
      daemon = await start()
    },
    /** As an administrator does it: the server, asked by `signal`, ends its sessions and what they do, and then itself. */
    restartGently: async (signal) => {
      await end(signal)
      daemon = await start()
    },
    end,
    /** Stops answering, and closes nothing, until `stop`. */
    freeze: () => signal("SIGSTOP"),
    /** Goes on after `freeze`. */
    thaw: () => signal("SIGCONT"),
    /** Comes back after `end`. */
    begin: async () => {
      daemon = await start()
    },
    stop: async () => {
      signal("SIGCONT")
      await daemon.stop()
      folder.remove()
    },
  }
}
