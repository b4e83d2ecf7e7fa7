// The ways to a database that are measured: a server's sessions, how they are entered, and what is in between.
import { writeFileSync } from "node:fs"
import { makeCertificates } from "../../__test__/servers/certificates.js"
import { privateFolder } from "../../__test__/servers/folder.js"
import { giveToServers } from "../../__test__/servers/identity.js"
import { startPgBouncer } from "../../__test__/servers/pgbouncer.js"

/**
 * `title`: as in the tables. `address`: the query of each contestant's URL; ours is told of poolers. `names`: whether prepared
 * statements have names there. `hostname`: that the certificate is for.
 */
export const routes = {
  trust: { database: "postgres", title: "PostgreSQL, no password, no TLS", names: true },
  tls: { database: "postgres", title: "PostgreSQL, SCRAM and TLS", names: true, hostname: "localhost" },
  old: { database: "postgres", title: "PostgreSQL behind PgBouncer 1.18", names: false },
  mapping: { database: "postgres", title: "PostgreSQL behind PgBouncer 1.24", names: true },
  mariadb: { database: "mysql", title: "MariaDB, native password, no TLS", names: true },
}

/** Settings of a PostgreSQL server that all of these routes lead to: `{ settings, ca, remove }`. */
export async function postgresSettings() {
  const certificates = await makeCertificates()
  const folder = privateFolder("hba")
  const hba = folder.join("pg_hba.conf")
  writeFileSync(hba, "hostssl all all all scram-sha-256\nhostnossl all all all trust\n")
  giveToServers(hba)
  return {
    settings: { ssl: "on", ssl_cert_file: certificates.certificate, ssl_key_file: certificates.key, hba_file: hba },
    ca: certificates.ca,
    remove: () => {
      certificates.remove()
      folder.remove()
    },
  }
}

/** What `route` leads to on this machine: the server's URL or its pooler's, and what the URLs of contestants say besides. */
export async function openRoute(name, server, { ca }) {
  const nothing = { url: server, stop: async () => {} }
  if (name === "trust") return { ...nothing, query: () => "sslmode=disable" }
  if (name === "tls") return { ...nothing, query: () => `sslmode=verify-full&sslrootcert=${encodeURIComponent(ca)}` }
  if (name === "mariadb") return { ...nothing, query: () => "" }
  const pooler = await startPgBouncer(server, {
    maps: name === "mapping",
    poolSize: 10,
    settings: ["server_tls_sslmode = disable"],
  })
  return {
    url: pooler.url,
    stop: pooler.stop,
    query: ({ name }) => `sslmode=disable${name === "rust-auth-adapter" ? "&pgbouncer=true" : ""}`,
  }
}
