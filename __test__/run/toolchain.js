// What compiling takes besides Node and Rust: the addon links with a C compiler, and better-sqlite3 is built from source
// where its prebuilt binary cannot be had.
import { existsSync } from "node:fs"
import { dirname, join } from "node:path"
import { binary } from "../servers/binary.js"

export function findCompilers() {
  binary("c++", { debianPackage: "g++" })
  binary("make", { debianPackage: "make" })
  binary("python3", { debianPackage: "python3" })
}

/** node-gyp downloads Node's headers, unless it is told that they are here. */
export function nodeHeaders() {
  const prefix = dirname(dirname(process.execPath))
  return existsSync(join(prefix, "include/node/node.h")) ? { npm_config_nodedir: prefix } : {}
}
