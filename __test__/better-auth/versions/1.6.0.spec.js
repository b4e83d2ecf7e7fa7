// The oldest version that the package allows. It has no way to consume a verification value at once.
import { smoke } from "./smoke.js"

await smoke("1.6.0", { consumes: false })
