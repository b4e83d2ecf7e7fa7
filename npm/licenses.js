"use strict"

// The licences of what is compiled into a binary: they ask for their texts to come along with it.

const { execFileSync } = require("node:child_process")
const { readFileSync, readdirSync } = require("node:fs")
const { dirname, join } = require("node:path")

const root = join(__dirname, "..")

/** The page LICENSES.md of the package for `triple`: each text once, under the crates that it is for. */
function licenses(triple) {
  const texts = new Map()
  for (const crate of compiled(triple)) {
    const text = textOf(crate)
    texts.set(text, [...(texts.get(text) ?? []), `${crate.name} ${crate.version} (${crate.license})`])
  }
  const sections = [...texts].map(
    ([text, crates]) =>
      `## ${crates.join(", ")}\n\n${text.trim().replaceAll(/^/gm, "    ").replaceAll(/^ +$/gm, "")}\n`,
  )
  return `# Licences

What this binary was compiled from besides rust-auth-adapter itself. It also holds Rust's standard library (MIT OR
Apache-2.0) and SQLite, which is in the public domain.

${sections.join("\n")}`
}

/** The crates that a binary for `triple` holds: not those that only run while it is compiled. */
function compiled(triple) {
  const options = ["metadata", "--format-version=1", "--locked", `--filter-platform=${triple}`]
  const metadata = JSON.parse(
    execFileSync("cargo", options, {
      cwd: root,
      encoding: "utf8",
      maxBuffer: 100_000_000,
      stdio: ["ignore", "pipe", "inherit"],
    }),
  )
  const crates = new Map(metadata.packages.map((crate) => [crate.id, crate]))
  const nodes = new Map(metadata.resolve.nodes.map((node) => [node.id, node]))
  const isMacro = (id) => crates.get(id).targets.some(({ kind }) => kind.includes("proc-macro"))
  const found = new Set()
  const visit = (id) => {
    for (const { pkg, dep_kinds: kinds } of nodes.get(id).deps) {
      if (found.has(pkg) || isMacro(pkg) || kinds.every(({ kind }) => kind !== null)) continue
      found.add(pkg)
      visit(pkg)
    }
  }
  visit(metadata.resolve.root)
  // What has no source is a package of this repository's own.
  const foreign = [...found].map((id) => crates.get(id)).filter(({ source }) => source)
  return foreign.sort((one, other) => (one.name < other.name ? -1 : 1))
}

/** Of several licences to choose from, MIT's text; else all that the crate has. */
function textOf({ license, authors, repository, manifest_path: manifest }) {
  const folder = dirname(manifest)
  const files = readdirSync(folder, { withFileTypes: true })
    .filter(
      (entry) => entry.isFile() && /^(licen[cs]e|copying|unlicense|copyright)(?!.*\.(rs|html)$)/i.test(entry.name),
    )
    .map((entry) => entry.name)
  const mit = files.filter((file) => /mit/i.test(file))
  const isChoice = /\bOR\b|\//.test(license) && !/\bAND\b/.test(license)
  const chosen = isChoice && mit.length ? mit : files
  const texts = chosen.sort().map((file) => readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n").trim())
  // A few crates leave the file out: where it is, and whose it is, is then all there is to say.
  return texts.length ? texts.join("\n\n") : `${license}: ${repository}\n${authors.join(", ")}`
}

module.exports = { licenses }
