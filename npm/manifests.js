#!/usr/bin/env node
"use strict"

// `npm run manifests`: writes the folder of each platform package from package.json and targets.js.
// `--check` writes nothing, and fails where a folder is not what would be written.

const { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } = require("node:fs")
const { dirname, join, posix } = require("node:path")
const { TARGETS, binaryName, packageName } = require("./targets.js")

const root = join(__dirname, "..")

/** The files of all platform packages, by their path in this folder; the binaries come at release time. */
function manifests() {
  const main = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  const license = readFileSync(join(root, "LICENSE"), "utf8")
  return Object.fromEntries(
    TARGETS.flatMap((target) => [
      [`${target.platform}/package.json`, `${JSON.stringify(manifest(main, target), null, 2)}\n`],
      [`${target.platform}/README.md`, readme(main, target)],
      [`${target.platform}/LICENSE`, license],
    ]),
  )
}

function manifest({ version, license, engines }, { platform, os, cpu, libc }) {
  return {
    name: packageName(platform),
    version,
    description: `The native core of rust-auth-adapter for ${platform}`,
    license,
    main: binaryName(platform),
    files: [binaryName(platform), "LICENSES.md"],
    engines,
    os: [os],
    cpu: [cpu],
    ...(libc && { libc: [libc] }),
  }
}

function readme({ name }, { platform, triple }) {
  return `# ${packageName(platform)}

The native core of \`${name}\` for \`${triple}\`. It comes along with \`${name}\`: install that.
`
}

/** The paths at which this folder is not what `manifests` says. */
function differences() {
  const wanted = manifests()
  const present = readdirSync(__dirname, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => readdirSync(join(__dirname, name)).map((file) => posix.join(name, file)))
    .filter((path) => !path.endsWith(".node"))
  const stale = Object.keys(wanted).filter((path) => {
    const file = join(__dirname, path)
    return !existsSync(file) || readFileSync(file, "utf8") !== wanted[path]
  })
  return [...stale, ...present.filter((path) => !(path in wanted))]
}

module.exports = { differences, manifests }

if (require.main === module) {
  if (process.argv.includes("--check")) {
    const found = differences()
    for (const path of found) console.error(`npm/${path} is not what npm run manifests writes`)
    process.exitCode = found.length ? 1 : 0
  } else {
    for (const [path, text] of Object.entries(manifests())) {
      mkdirSync(join(__dirname, dirname(path)), { recursive: true })
      writeFileSync(join(__dirname, path), text)
    }
  }
}
