// Real MySQL 9, which Debian 12 does not have: from Debian's unstable archive, in a folder of its own (a chroot).
// The folder is kept between runs; the servers' data is not. Needs root, for debootstrap and chroot.
import { execFileSync } from "node:child_process"
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { serverUrl } from "./account.js"
import { binary } from "./binary.js"
import { runAsServer, startDaemon } from "./daemon.js"
import { privateFolder } from "./folder.js"
import { giveToServers, identity, isRoot } from "./identity.js"
import { answers, createAccount, quick } from "./mariadb.js"
import { freePort } from "./port.js"
import { restartable } from "./restartable.js"

/** Debian's unstable archive does not install today: nobody's fault here, and no verdict on the adapter. */
export class ArchiveUnavailable extends Error {
  name = "ArchiveUnavailable"
}

export async function startMySql9() {
  if (!isRoot) throw new Error("MySQL 9 is installed into a chroot, which only root can make: run as root")
  const system = installedSystem()
  const folder = privateFolder("mysql", join(system, "tmp"))
  const inside = (...parts) => folder.join(...parts).slice(system.length)
  const initFile = folder.join("account.sql")
  writeFileSync(initFile, createAccount)
  giveToServers(initFile)

  const userspec = `--userspec=${identity.uid}:${identity.gid}`
  // chroot's change of user forgets what to do when the parent dies: say it again inside.
  const guarded = ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--", "/usr/sbin/mysqld"]
  const mysqld = [
    userspec, system, ...guarded, "--no-defaults", `--datadir=${inside("data")}`, `--tmpdir=${inside()}`,
  ]
  await runAsServer("chroot", [...mysqld, "--initialize-insecure"], { uid: 0, gid: 0 })

  const port = await freePort()
  const url = serverUrl("mysql", port)
  const start = () => startDaemon("chroot", [
    ...mysqld, `--port=${port}`, `--socket=${inside("socket")}`, `--pid-file=${inside("pid")}`,
    `--init-file=${inside("account.sql")}`, "--skip-log-bin", "--mysqlx=OFF", "--secure-file-priv=", ...quick,
  ], { log: folder.join("log"), answers: () => answers(url), asUser: {} })

  return restartable({ url, port, folder, start })
}

/** The folder that holds the installed system, made on the first run. */
function installedSystem() {
  const cache = join(process.env.XDG_CACHE_HOME || "/var/cache", "rust-auth-adapter")
  const system = join(cache, "mysql-sid")
  if (existsSync(system)) return system

  mkdirSync(cache, { recursive: true })
  const debootstrap = binary("debootstrap", { debianPackage: "debootstrap" })
  const { mirror, proxy } = aptSource()
  // debootstrap leaves a folder behind when it fails: only a finished one gets the name.
  const unfinished = mkdtempSync(join(cache, "unfinished-"))
  try {
    console.error(`  installing MySQL from Debian's unstable archive into ${system}`)
    execFileSync(debootstrap, ["--variant=minbase", "--include=mysql-server-core", "sid", unfinished, mirror], {
      stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 26, env: { ...process.env, ...(proxy && { http_proxy: proxy }) },
    })
    execFileSync("chroot", [unfinished, "/usr/sbin/mysqld", "--version"])
    chmodSync(unfinished, 0o755)
    renameSync(unfinished, system)
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true })
    const tail = `${error.stdout ?? ""}${error.stderr ?? ""}`.trim().split("\n").slice(-5).join("\n")
    throw new ArchiveUnavailable(`Debian's unstable archive did not install mysql-server-core today: ${tail || error.message}`)
  }
  return system
}

/** The mirror (and proxy) that this machine's apt uses. */
function aptSource() {
  const list = () => execFileSync("apt-get", ["indextargets", "--format", "$(REPO_URI) $(ORIGIN) $(LABEL)", "Created-By: Packages"])
    .toString().split("\n").map((line) => line.split(" "))
  const debian = ([, origin, label]) => origin === "Debian" && label === "Debian"
  let source = list().find(debian)
  if (!source) {
    execFileSync("apt-get", ["update", "-q"]) // a fresh image does not know its archives yet
    source = list().find(debian)
  }
  if (!source) throw new Error("apt knows no Debian archive")
  const [, proxy] = execFileSync("apt-config", ["dump", "Acquire::http::Proxy"]).toString().match(/"(.*)"/) ?? []
  return { mirror: source[0], proxy }
}
