// A private certificate authority and what it signs for servers, made with openssl.
import { writeFileSync } from "node:fs"
import { binary } from "./binary.js"
import { runAsServer } from "./daemon.js"
import { privateFolder } from "./folder.js"

const HOST = "localhost"
const version3 = (name) => `subjectAltName=DNS:${name}\nextendedKeyUsage=serverAuth\n`

/**
 * A server's certificates, by what is right or wrong with them. All are for the name "localhost" and of the authority `ca`,
 * except where the name says otherwise. `extensions: ""` makes one of X.509 version 1, whose only name is that of its subject.
 */
const CERTIFICATES = {
  right: {},
  "wrong authority": { authority: "other-ca" },
  "wrong host": { host: "elsewhere.example" },
  "version 1": { extensions: "" },
  "version 1, wrong authority": { extensions: "", authority: "other-ca" },
  "version 1, wrong host": { extensions: "", host: "elsewhere.example" },
  expired: { days: ["-not_before", "20200101000000Z", "-not_after", "20200102000000Z"] },
  "no list of names": { extensions: "extendedKeyUsage=serverAuth\n" },
  // Trusted by its own file, which is then its own root.
  "its own authority": { authority: undefined },
}

/**
 * Paths: `ca` signed `certificate` (with `key`); `otherCa` signed nothing that is right. `servers` has all of
 * {@link CERTIFICATES}, each for the same `key`.
 */
export async function makeCertificates() {
  const openssl = binary("openssl", { debianPackage: "openssl" })
  const folder = privateFolder("certificates")
  const run = (...args) => runAsServer(openssl, args, { cwd: folder.path })
  const key = (name) => ["-newkey", "rsa:2048", "-nodes", "-keyout", `${name}.key`]
  for (const name of ["ca", "other-ca"]) {
    const usage = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"]
    await run("req", "-x509", ...key(name), "-days", "2", "-subj", `/CN=${name}`, "-out", `${name}.pem`, ...usage)
  }
  await run("req", ...key("server"), "-subj", `/CN=${HOST}`, "-out", "server.csr")

  const servers = {}
  for (const [name, certificate] of Object.entries(CERTIFICATES)) {
    const { host = HOST, extensions = version3(host), days = ["-days", "2"] } = certificate
    const authority = "authority" in certificate ? certificate.authority : "ca"
    const file = name.replaceAll(/\W+/g, "-")
    servers[name] = folder.join(`${file}.pem`)
    if (!authority) {
      const own = ["-addext", `subjectAltName=DNS:${host}`]
      await run("req", "-x509", "-key", "server.key", "-days", "2", "-subj", `/CN=${host}`, "-out", `${file}.pem`, ...own)
      continue
    }
    await run("req", "-new", "-key", "server.key", "-subj", `/CN=${host}`, "-out", `${file}.csr`)
    writeFileSync(folder.join(`${file}.ext`), extensions, { mode: 0o644 })
    const signed = ["-in", `${file}.csr`, "-out", `${file}.pem`]
    const extended = extensions ? ["-extfile", `${file}.ext`] : []
    if (days[0] === "-days") {
      const by = ["-CA", `${authority}.pem`, "-CAkey", `${authority}.key`, "-CAcreateserial"]
      await run("x509", "-req", ...signed, ...by, ...days, ...extended)
      continue
    }
    // Only faketime or `openssl ca` can sign for the past.
    writeFileSync(folder.join("index"), "", { mode: 0o644 })
  }
  return {
    ca: folder.join("ca.pem"),
    otherCa: folder.join("other-ca.pem"),
    certificate: servers.right,
    key: folder.join("server.key"),
    servers,
    remove: folder.remove,
  }
}
