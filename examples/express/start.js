// `npm run start:express` on a fresh clone: builds and installs what is missing, then runs app.js.
import { fileURLToPath } from "node:url"
import { prepare } from "../local/prepare.js"

const folder = (path) => fileURLToPath(new URL(path, import.meta.url))
prepare(folder("."), folder("../local"))

await import("./app.js")
