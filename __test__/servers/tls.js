// Servers with a certificate of a private authority, for "localhost" only: the right authority, a wrong one and a wrong
// host name (the address 127.0.0.1) can all be tried on them.
import { makeCertificates } from "./certificates.js"
import { startMariaDb } from "./mariadb.js"
import { startPostgres } from "./postgres.js"

export async function startTlsPostgres() {
  const certificates = await makeCertificates()
  const server = await startPostgres({
    settings: { ssl: "on", ssl_cert_file: certificates.certificate, ssl_key_file: certificates.key },
  })
  return withCertificates(server, certificates)
}

export async function startTlsMariaDb() {
  const certificates = await makeCertificates()
  const server = await startMariaDb({
    args: [`--ssl-cert=${certificates.certificate}`, `--ssl-key=${certificates.key}`, `--ssl-ca=${certificates.ca}`],
  })
  return withCertificates(server, certificates)
}

/** `url` names the host that the certificate is for; `addressUrl` the same server by a name that it is not for. */
function withCertificates(server, certificates) {
  const url = new URL(server.url)
  url.hostname = "localhost"
  return {
    ...server,
    url: url.href,
    addressUrl: server.url,
    ca: certificates.ca,
    otherCa: certificates.otherCa,
    stop: async () => {
      await server.stop()
      certificates.remove()
    },
  }
}
