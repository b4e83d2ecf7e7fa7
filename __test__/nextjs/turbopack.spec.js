// What `next build` does by itself.
import { describeBuilds } from "./build.js"

describeBuilds("Turbopack", [])
