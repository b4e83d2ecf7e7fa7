import { isolation } from "./isolation.js"

await isolation("postgres")
