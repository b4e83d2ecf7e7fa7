// A private certificate authority and a server certificate for the host name "localhost" (and no address), made with openssl.
import { writeFileSync } from "node:fs"
import { binary } from "./binary.js"
import { runAsServer } from "./daemon.js"
import { privateFolder } from "./folder.js"

/** Paths: `ca` signed `certificate` (with `key`); `otherCa` signed nothing here. */
export async function makeCertificates() {
  const openssl = binary("openssl", { debianPackage: "openssl" })
  const folder = privateFolder("certificates")
  const run = (...args) => runAsServer(openssl, args, { cwd: folder.path })
  const authority = (name) =>
    run(
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-days",
      "2",
      "-subj",
      `/CN=${name}`,
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.pem`,
      "-addext",
      "keyUsage=critical,keyCertSign,cRLSign",
    )
  await authority("ca")
  await authority("other-ca")
  writeFileSync(folder.join("extensions"), "subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n", {
    mode: 0o644,
  })
  await run(
    "req",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-subj",
    "/CN=localhost",
    "-keyout",
    "server.key",
    "-out",
    "server.csr",
  )
  await run(
    "x509",
    "-req",
    "-in",
    "server.csr",
    "-CA",
    "ca.pem",
    "-CAkey",
    "ca.key",
    "-CAcreateserial",
    "-days",
    "2",
    "-extfile",
    "extensions",
    "-out",
    "server.pem",
  )
  return {
    ca: folder.join("ca.pem"),
    otherCa: folder.join("other-ca.pem"),
    certificate: folder.join("server.pem"),
    key: folder.join("server.key"),
    remove: folder.remove,
  }
}
