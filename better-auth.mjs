export * from "./lib/better-auth/index.mjs"
export * from "./lib/better-auth/password.mjs"
