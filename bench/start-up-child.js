// How long importing and constructing takes in a fresh process; nothing connects yet.
//
// Node prepares its loaders when it first meets an ECMAScript import and a CommonJS module. Every application has done so
// long before it imports an adapter.
await import("./nothing.cjs")

const [, , module, url] = process.argv
const begin = performance.now()
const { open } = await import(new URL(`contestants/${module}`, import.meta.url).href)
await open(url)
process.stdout.write(String(performance.now() - begin))
process.exit()
