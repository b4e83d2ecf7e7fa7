import { runPublishedSuites } from "./vitest.js"

await runPublishedSuites("../newest", "1.7.24")
