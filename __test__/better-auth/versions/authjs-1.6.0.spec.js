import { onAuthjsTables } from "./authjs.js"

await onAuthjsTables("1.6.0", "1.6.0", { oauth: "apart", listsStale: true })
