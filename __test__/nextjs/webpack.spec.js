import { describeBuilds } from "./build.js"

describeBuilds("webpack", ["--webpack"])
