export * from "./lib/better-auth/index.mjs"
