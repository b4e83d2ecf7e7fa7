// The packages as a release has them, packed and installed from their tarballs into an app outside this repository.
import { execFileSync } from "node:child_process"
import { cpSync, mkdirSync, readdirSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { mustRun, root } from "../run/command.js"

const require = createRequire(import.meta.url)
const { stage } = require("../../npm/stage.js")
const { binaryName, host } = require("../../npm/targets.js")

const here = join(root, "__test__/nextjs")

/** Packs and installs; names the app in TEST_NEXTJS_APP and the root package's tarball in TEST_TARBALL. */
export async function installTarballs() {
  const folder = join(tmpdir(), "tarballs")
  const { platform } = host()
  const packages = stage(join(folder, "staged"), { [platform]: join(root, binaryName(platform)) })
  for (const path of packages) await mustRun("npm", ["pack", path, "--loglevel=error"], { folder })
  const tarballs = readdirSync(folder)
    .filter((name) => name.endsWith(".tgz"))
    .map((name) => join(folder, name))

  const app = join(tmpdir(), "app")
  mkdirSync(app)
  for (const name of ["package.json", "package-lock.json", ".npmrc"]) cpSync(join(here, name), join(app, name))
  copyLinked(join(here, "node_modules"), join(app, "node_modules"))
  // Offline: all but the tarballs is there, and the registry has nothing to say about a release to be.
  await mustRun("npm", ["install", "--offline", "--loglevel=error", ...tarballs], { folder: app })

  process.env.TEST_NEXTJS_APP = app
  process.env.TEST_TARBALL = tarballs.find((path) => /adapter-\d[^/]*$/.test(path))
}

/** A copy of an app that shares the contents of its files: a test that changes one has to replace it. */
export function copyLinked(from, to) {
  try {
    execFileSync("cp", ["-a", "--link", from, to], { stdio: "ignore" })
  } catch {
    // On another file system, or without GNU's cp.
    cpSync(from, to, { recursive: true, verbatimSymlinks: true, force: true })
  }
}
