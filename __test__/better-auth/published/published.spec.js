import { runPublishedSuites } from "./vitest.js"

await runPublishedSuites("..", "1.7.7")
