import { smoke } from "./smoke.js"

await smoke("1.6.34", { consumes: true })
