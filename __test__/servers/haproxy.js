// HAProxy in front of database servers: a connection gets a server that is well. Whether it is well, and takes writes, a small HTTP
// server beside HAProxy tells, as Patroni's does on each server.
import { createServer } from "node:http"
import { once } from "node:events"
import { writeFileSync } from "node:fs"
import { binary } from "./binary.js"
import { startDaemon } from "./daemon.js"
import { privateFolder } from "./folder.js"
import { giveToServers } from "./identity.js"
import { freePort } from "./port.js"

/**
 * `nodes`: servers, as `{ url, port }`. `serves(url)` answers whether connections may go to a server; `answers(url)` resolves once
 * a connection through HAProxy works. A server that may not be used any more loses its connections.
 */
export async function startHaproxy(nodes, { serves, answers }) {
  const health = createServer(async ({ url }, response) => {
    const node = nodes[Number(url.slice(1))]
    const well = await serves(node.url).catch(() => false)
    response.writeHead(well ? 200 : 503).end()
  })
  await once(health.listen(0, "127.0.0.1"), "listening")
  health.unref()

  const port = await freePort()
  const folder = privateFolder("haproxy")
  const config = folder.join("haproxy.cfg")
  const lines = nodes.flatMap(({ port: server }, number) => [
    `backend database${number}`,
    "  option httpchk",
    `  http-check send meth GET uri /${number}`,
    `  server node${number} 127.0.0.1:${server} check port ${health.address().port} inter 200ms fall 2 rise 1 on-marked-down shutdown-sessions`,
  ])
  writeFileSync(
    config,
    [
      "global",
      "  maxconn 1000",
      "defaults",
      "  mode tcp",
      "  timeout connect 2s",
      "  timeout client 1h",
      "  timeout server 1h",
      "  timeout check 2s",
      "  retries 3",
      "  option redispatch",
      "frontend writers",
      `  bind 127.0.0.1:${port}`,
      ...nodes.map((_, number) => `  use_backend database${number} if { nbsrv(database${number}) gt 0 }`),
      "  default_backend database0",
      ...lines,
      "",
    ].join("\n"),
  )
  giveToServers(config)
  const url = new URL(nodes[0].url)
  url.port = port
  const daemon = await startDaemon(binary("haproxy", { debianPackage: "haproxy" }), ["-db", "-f", config], {
    log: folder.join("log"),
    answers: () => answers(url.href),
  })
  return {
    url: url.href,
    port,
    stop: async () => {
      await daemon.stop()
      health.close()
      folder.remove()
    },
  }
}
