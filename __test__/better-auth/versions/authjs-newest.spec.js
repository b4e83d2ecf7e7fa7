import { onAuthjsTables } from "./authjs.js"

await onAuthjsTables("../newest", "1.7.24")
