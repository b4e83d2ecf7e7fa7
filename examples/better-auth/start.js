// `npm run start:better-auth` on a fresh clone: builds and installs what is missing, then runs app.js.
import { fileURLToPath } from "node:url"
import { copyAdapter, prepare } from "../local/prepare.js"

const here = fileURLToPath(new URL(".", import.meta.url))
prepare(here)
// A package finds its peer, better-auth, only from where it really is.
copyAdapter(here)

await import("./app.js")
