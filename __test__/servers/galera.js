// A Galera cluster: MariaDB servers each of which takes writes, and has those of the others a moment later.
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { serverUrl } from "./account.js"
import { install } from "./binary.js"
import { startDaemon } from "./daemon.js"
import { privateFolder } from "./folder.js"
import { giveToServers, isRoot } from "./identity.js"
import { answers, findMariaDb, initializeMariaDb, quick } from "./mariadb.js"
import { freePort } from "./port.js"

const providers = ["/usr/lib/galera/libgalera_smm.so", "/usr/lib64/galera-4/libgalera_smm.so"]

function findProvider() {
  const find = () => providers.find((path) => existsSync(path))
  if (!find() && isRoot && existsSync("/usr/bin/apt-get")) install("galera-4")
  const found = find()
  if (!found) throw new Error("Galera is not on this machine: install it (on Debian: apt-get install galera-4)")
  return found
}

/** `nodes`: how many; `args`: more options of each mariadbd. */
export async function startGalera({ nodes = 3, args = [] } = {}) {
  const mariadbd = findMariaDb()
  const provider = findProvider()
  const members = []
  for (let number = 0; number < nodes; number++) {
    const [port, group, transfer] = [await freePort(), await freePort(), await freePort()]
    members.push({ number, port, group, transfer, folder: privateFolder("galera") })
  }
  const all = `gcomm://${members.map(({ group }) => `127.0.0.1:${group}`).join()}`

  const start = ({ number, port, group, transfer, folder }, more = []) => {
    const url = serverUrl("mysql", port)
    return startDaemon(
      mariadbd,
      [
        "--no-defaults",
        `--datadir=${folder.join("data")}`,
        `--tmpdir=${folder.join(".")}`,
        `--port=${port}`,
        `--socket=${folder.join("socket")}`,
        `--pid-file=${folder.join("pid")}`,
        `--init-file=${folder.join("account.sql")}`,
        "--binlog-format=ROW",
        "--innodb-autoinc-lock-mode=2",
        "--wsrep-on=ON",
        `--wsrep-provider=${provider}`,
        "--wsrep-cluster-name=auth",
        `--wsrep-cluster-address=${all}`,
        `--wsrep-node-name=node${number}`,
        `--wsrep-node-address=127.0.0.1:${group}`,
        // All begin with the same data, so that none needs another's.
        "--wsrep-sst-method=skip",
        `--wsrep-provider-options=${[
          "base_host=127.0.0.1",
          `base_port=${group}`,
          `gmcast.listen_addr=tcp://127.0.0.1:${group}`,
          `ist.recv_addr=127.0.0.1:${transfer}`,
          "gcache.size=32M",
          "pc.recovery=no",
        ].join(";")}`,
        ...quick,
        ...args,
        ...more,
      ],
      { log: folder.join("log"), answers: () => isReady(url) },
    )
  }

  const [first, ...others] = members
  await initializeMariaDb(first.folder)
  // Only a server that has been in a cluster knows the cluster's name for its data.
  const alone = await start(first, ["--wsrep-new-cluster"])
  await alone.finish("SIGTERM")
  for (const { number, folder } of others) copy(first.folder.path, folder.path, number)

  const servers = []
  for (const member of members) {
    const daemon = await start(member, member === first ? ["--wsrep-new-cluster"] : [])
    servers.push({
      url: serverUrl("mysql", member.port),
      port: member.port,
      /** As a crash. The server does not come back. */
      kill: () => daemon.stop(),
      stop: async () => {
        await daemon.stop()
        member.folder.remove()
      },
    })
  }
  return { nodes: servers, stop: () => Promise.all(servers.map((server) => server.stop())) }
}

/** A node answers also while it takes no part in the cluster. */
async function isReady(url) {
  await answers(
    url,
    "SELECT 1 FROM information_schema.global_status WHERE variable_name = 'wsrep_ready' AND variable_value = 'ON'",
  )
}

/** What the first has, as far on as the cluster is when that many servers have joined it: each joins as one that has missed nothing. */
function copy(from, to, joined) {
  cpSync(from, to, { recursive: true })
  const state = join(to, "data/grastate.dat")
  const ahead = readFileSync(state, "utf8").replace(
    /^seqno:\s*(\d+)/m,
    (_, number) => `seqno: ${Number(number) + joined}`,
  )
  writeFileSync(state, ahead.replace("safe_to_bootstrap: 1", "safe_to_bootstrap: 0"))
  giveToServers(to)
  for (const name of readdirSync(to, { recursive: true })) giveToServers(join(to, name))
}
