// How long importing and constructing takes in a fresh process; nothing connects yet.
//
// Node prepares its loaders when it first meets an ECMAScript import and a CommonJS module. Every application has done so
// long before it imports an adapter.
await import("./nothing.cjs")

const [, , module, url] = process.argv
const begin = performance.now()
const { open } = await import(new URL(`contestants/${module}`, import.meta.url).href)
await open(url)
// Taken before `process.stdout` is: Node makes that when it is first asked for it.
const milliseconds = performance.now() - begin
process.stdout.write(String(milliseconds))
process.exit()
