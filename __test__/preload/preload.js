// Systems that behave as no test can make this one behave, by a library that is loaded before the system's.
import { execFileSync } from "node:child_process"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

/** Where this is possible at all. */
export const canPreload = process.platform === "linux"

/** The environment of a program that runs with the library of `name`.c. */
export function preloaded(name, environment) {
  const library = join(mkdtempSync(join(tmpdir(), "preload-")), `${name}.so`)
  const source = fileURLToPath(new URL(`${name}.c`, import.meta.url))
  execFileSync(process.env.CC ?? "cc", ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], {
    stdio: ["ignore", "inherit", "inherit"],
  })
  return { ...process.env, ...environment, LD_PRELOAD: library }
}
