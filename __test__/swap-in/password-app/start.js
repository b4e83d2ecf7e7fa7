// The application in this folder, as TypeScript compiles it, on one database.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import typescript from "typescript"

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, "../../..")
const files = ["auth.ts", "lib/prisma.ts", "lib/auth.ts", "app/actions/register.ts"]

/** What the application's bundler would find under these names. */
const elsewhere = {
  "rust-auth-adapter": join(root, "index.js"),
  "rust-auth-adapter/credentials": join(root, "credentials.js"),
  "next-auth": join(here, "next-auth.js"),
  "next/navigation": join(here, "navigation.js"),
}

/** `client`: Prisma's. Gives `registerUser`, `handlers`, `adapter`, and `close`. */
export async function startApp(url, client, PrismaClient) {
  // In this folder, so that packages are found.
  const compiled = mkdtempSync(join(here, "compiled-"))
  const target = (name) => {
    if (name.startsWith("@/")) return pathToFileURL(join(compiled, `${name.slice(2)}.mjs`)).href
    if (name === "@prisma/client") return pathToFileURL(join(compiled, "prisma-client.mjs")).href
    if (name.startsWith("next-auth/providers/")) return name.replace("next-auth", "@auth/core")
    return name in elsewhere ? pathToFileURL(elsewhere[name]).href : name
  }
  writeFileSync(join(compiled, "prisma-client.mjs"), "export const { PrismaClient } = globalThis.passwordApp\n")
  for (const file of files) {
    const { outputText } = typescript.transpileModule(readFileSync(join(here, file), "utf8"), {
      compilerOptions: { module: "esnext", target: "es2022" },
    })
    const path = join(compiled, file.replace(/\.ts$/, ".mjs"))
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(
      path,
      outputText.replace(/(from )"([^"]+)"/g, (_, from, name) => `${from}"${target(name)}"`),
    )
  }
  globalThis.passwordApp = { PrismaClient }
  globalThis.prisma = client
  const environment = {
    DATABASE_URL: url,
    AUTH_SECRET: "a secret of thirty-two characters",
    GITHUB_ID: "x",
    GITHUB_SECRET: "x",
  }
  Object.assign(process.env, environment)
  const load = (file) => import(pathToFileURL(join(compiled, file)).href)
  const [{ handlers, adapter }, { registerUser }] = [await load("auth.mjs"), await load("app/actions/register.mjs")]
  return {
    handlers,
    adapter,
    registerUser,
    close: async () => {
      await adapter.close()
      delete globalThis.prisma
      rmSync(compiled, { recursive: true, force: true })
    },
  }
}
