// Real MariaDB 11.8, which Debian 12 does not have: from Debian 13's archive, in a folder of its own (a chroot).
// The folder is kept between runs; the server's data is not. Needs root, for debootstrap and chroot.
import { execFileSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { serverUrl } from "./account.js"
import { runAsServer, startDaemon } from "./daemon.js"
import { privateFolder } from "./folder.js"
import { giveToServers, identity, isRoot } from "./identity.js"
import { answers, createAccount, quick } from "./mariadb.js"
import { freePort } from "./port.js"
import { restartable } from "./restartable.js"
import { installedSystem, unpackedFile } from "./system.js"

export { ArchiveUnavailable } from "./system.js"

/** The system that it is in, with its client. */
const installed = () =>
  installedSystem("mariadb-trixie", {
    suite: "trixie",
    debianPackage: "mariadb-server-core,mariadb-client-core",
    program: "/usr/sbin/mariadbd",
  })

/** Runs SQL through its own client: `words` are the client's arguments. Throws what the client says. */
export const clientOf11 = (...words) =>
  execFileSync("chroot", [installed(), "/usr/bin/mariadb", ...words], { stdio: "pipe" })

/** `args`: more options of mariadbd. `plugins`: those of Debian's package of the server that are to be there, `auth_parsec` for instance. */
export async function startMariaDb11({ args = [], plugins = [] } = {}) {
  if (!isRoot) throw new Error("MariaDB 11 is installed into a chroot, which only root can make: run as root")
  const system = installed()
  for (const plugin of plugins) unpackedFile(system, "mariadb-server", `usr/lib/mysql/plugin/${plugin}.so`)
  const folder = privateFolder("mariadb", join(system, "tmp"))
  const inside = (...parts) => folder.join(...parts).slice(system.length)
  const initFile = folder.join("account.sql")
  writeFileSync(initFile, createAccount)
  giveToServers(initFile)

  const userspec = `--userspec=${identity.uid}:${identity.gid}`
  await runAsServer(
    "chroot",
    [
      userspec,
      system,
      "/usr/bin/mariadb-install-db",
      "--no-defaults",
      `--datadir=${inside("data")}`,
      "--auth-root-authentication-method=normal",
      "--skip-test-db",
      "--force",
    ],
    { uid: 0, gid: 0, env: { ...process.env, TMPDIR: inside() } },
  )

  const port = await freePort()
  const url = serverUrl("mysql", port)
  // chroot's change of user forgets what to do when the parent dies: say it again inside.
  const guarded = ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--", "/usr/sbin/mariadbd"]
  const start = () =>
    startDaemon(
      "chroot",
      [
        userspec,
        system,
        ...guarded,
        "--no-defaults",
        `--datadir=${inside("data")}`,
        `--tmpdir=${inside()}`,
        `--port=${port}`,
        `--socket=${inside("socket")}`,
        `--pid-file=${inside("pid")}`,
        `--init-file=${inside("account.sql")}`,
        "--skip-log-bin",
        ...quick,
        ...plugins.map((plugin) => `--plugin-load-add=${plugin}`),
        ...args,
      ],
      { log: folder.join("log"), answers: () => answers(url), asUser: {} },
    )

  return restartable({ url, port, folder, start })
}
