import { onAuthjsTables } from "./authjs.js"

await onAuthjsTables("1.6.34", "1.6.34", { oauth: "apart" })
