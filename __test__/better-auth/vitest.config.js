import { fileURLToPath } from "node:url"

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

/** Better Auth and what has to be of its version: from the folder that Vitest is started for (`--root`), also where another folder's file imports it. */
const versioned = ["better-auth", "@better-auth/core", "@better-auth/kysely-adapter", "@better-auth/test-utils"]

export default {
  resolve: { dedupe: versioned },
  cacheDir: here("node_modules/.vite"),
  test: { dir: here("published"), include: ["*.test.js"], pool: "forks", maxWorkers: 1, passWithNoTests: false },
}
