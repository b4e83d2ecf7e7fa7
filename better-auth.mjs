export * from "./lib/better-auth/index.mjs"
export * from "./lib/better-auth/password.mjs"
export { continueAuthjsSessions } from "./lib/better-auth/continue-authjs.mjs"
