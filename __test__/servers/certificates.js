// A private certificate authority and what it signs for servers, made with openssl.
import { writeFileSync } from "node:fs"
import { binary } from "./binary.js"
import { runAsServer } from "./daemon.js"
import { privateFolder } from "./folder.js"
import { giveToServers } from "./identity.js"

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
  expired: { expired: true },
  "no list of names": { extensions: "extendedKeyUsage=serverAuth\n" },
  // Trusted by its own file, which is then its own root.
  "its own authority": { authority: undefined },
}

const AUTHORITY = `
[ca]
default_ca = us
[us]
database = index
new_certs_dir = .
default_md = sha256
rand_serial = yes
policy = any
[any]
commonName = supplied
`

/**
 * Paths: `ca` signed `certificate` (with `key`); `otherCa` signed nothing that is right. `servers` has all of
 * {@link CERTIFICATES}, each for the same `key`. `parent`: the folder to make theirs in.
 */
export async function makeCertificates({ parent } = {}) {
  const openssl = binary("openssl", { debianPackage: "openssl" })
  const folder = privateFolder("certificates", parent)
  const run = (...args) => runAsServer(openssl, args, { cwd: folder.path })
  const key = (name) => ["-newkey", "rsa:2048", "-nodes", "-keyout", `${name}.key`]
  for (const name of ["ca", "other-ca"]) {
    const usage = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"]
    await run("req", "-x509", ...key(name), "-days", "2", "-subj", `/CN=${name}`, "-out", `${name}.pem`, ...usage)
  }
  await run("req", ...key("server"), "-subj", `/CN=${HOST}`, "-out", "server.csr")

  const servers = {}
  for (const [name, certificate] of Object.entries(CERTIFICATES)) {
    const { host = HOST, extensions = version3(host), expired = false } = certificate
    const authority = "authority" in certificate ? certificate.authority : "ca"
    const file = name.replaceAll(/\W+/g, "-")
    servers[name] = folder.join(`${file}.pem`)
    const request = ["-key", "server.key", "-subj", `/CN=${host}`]
    if (!authority) {
      const names = ["-addext", `subjectAltName=DNS:${host}`]
      await run("req", "-x509", ...request, "-days", "2", "-out", `${file}.pem`, ...names)
      continue
    }
    await run("req", "-new", ...request, "-out", `${file}.csr`)
    const files = ["-in", `${file}.csr`, "-out", `${file}.pem`]
    if (extensions) {
      writeFileSync(folder.join(`${file}.ext`), extensions, { mode: 0o644 })
      files.push("-extfile", `${file}.ext`)
    }
    if (expired) {
      // Of openssl's commands that sign, this one can do so for the past.
      const past = ["-startdate", "20200101000000Z", "-enddate", "20200102000000Z"]
      const by = ["-cert", `${authority}.pem`, "-keyfile", `${authority}.key`]
      for (const [name, text] of [
        ["ca.cnf", AUTHORITY],
        ["index", ""],
      ]) {
        writeFileSync(folder.join(name), text, { mode: 0o666 })
        giveToServers(folder.join(name))
      }
      await run("ca", "-batch", "-notext", "-config", "ca.cnf", ...by, ...past, ...files)
    } else {
      const by = ["-CA", `${authority}.pem`, "-CAkey", `${authority}.key`, "-CAcreateserial"]
      await run("x509", "-req", "-days", "2", ...by, ...files)
    }
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
