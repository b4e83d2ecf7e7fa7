import { register } from "node:module"

/** Everything that `rust-auth-adapter/better-auth` exports, with the Better Auth that the module at this URL would import. */
export async function installedFor(application) {
  register("./peer.js", import.meta.url, { data: application })
  return import("../../better-auth.mjs")
}
