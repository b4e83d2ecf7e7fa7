// Real MySQL 9, which Debian 12 does not have: from Debian's unstable archive, in a folder of its own (a chroot).
// The folder is kept between runs; the servers' data is not. Needs root, for debootstrap and chroot.
import { copyFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { serverUrl } from "./account.js"
import { runAsServer, startDaemon } from "./daemon.js"
import { privateFolder } from "./folder.js"
import { giveToServers, identity, isRoot } from "./identity.js"
import { answers, createAccount, quick } from "./mariadb.js"
import { freePort } from "./port.js"
import { restartable } from "./restartable.js"
import { installedSystem } from "./system.js"

export { ArchiveUnavailable } from "./system.js"

/**
 * `args`: more options of mysqld; `usual`: those that it has otherwise; `account`: what it runs at each start. `tls`: the paths of a
 * `certificate`, its `key` and the `ca`, without which the server takes no certificate. `certify(certificate)` is then the way to give it
 * another one, which it reads when it is told to.
 */
export async function startMySql9({
  args = [],
  usual = ["--skip-log-bin", ...quick],
  account = createAccount,
  tls,
} = {}) {
  if (!isRoot) throw new Error("MySQL 9 is installed into a chroot, which only root can make: run as root")
  const system = installedSystem("mysql-sid", {
    suite: "sid",
    debianPackage: "mysql-server-core",
    program: "/usr/sbin/mysqld",
  })
  const folder = privateFolder("mysql", join(system, "tmp"))
  const inside = (...parts) => folder.join(...parts).slice(system.length)
  const initFile = folder.join("account.sql")
  writeFileSync(initFile, account)
  giveToServers(initFile)

  const certify = (path, name = "tls-certificate") => {
    copyFileSync(path, folder.join(name))
    giveToServers(folder.join(name))
    return inside(name)
  }
  const secured = tls
    ? [
        `--ssl-cert=${certify(tls.certificate)}`,
        `--ssl-key=${certify(tls.key, "tls-key")}`,
        `--ssl-ca=${certify(tls.ca, "tls-ca")}`,
      ]
    : []

  const userspec = `--userspec=${identity.uid}:${identity.gid}`
  // chroot's change of user forgets what to do when the parent dies: say it again inside.
  const guarded = ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--", "/usr/sbin/mysqld"]
  const mysqld = [userspec, system, ...guarded, "--no-defaults", `--datadir=${inside("data")}`, `--tmpdir=${inside()}`]
  await runAsServer("chroot", [...mysqld, "--initialize-insecure"], { uid: 0, gid: 0 })

  const port = await freePort()
  const url = serverUrl("mysql", port)
  const start = () =>
    startDaemon(
      "chroot",
      [
        ...mysqld,
        `--port=${port}`,
        `--socket=${inside("socket")}`,
        `--pid-file=${inside("pid")}`,
        `--init-file=${inside("account.sql")}`,
        "--mysqlx=OFF",
        "--secure-file-priv=",
        ...usual,
        ...args,
        ...secured,
      ],
      { log: folder.join("log"), answers: () => answers(url), asUser: {} },
    )

  return { ...(await restartable({ url, port, folder, start })), certify }
}
