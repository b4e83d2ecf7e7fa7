"use strict"

// Whether the caller is part of a page that is being made ahead of its requests.
//
// Such a renderer tells by the time of an answer what belongs to the page for good: what is there within the same task of the
// event loop does, what comes later is left to each request. A database's rows are never of the first kind.

/** The storage in which Next.js keeps what it is rendering, under a symbol with its version, or in a module of this name. */
const SYMBOL = /^@next\/work-unit-async-storage@/
const MODULE = /[\\/]next[\\/]dist[\\/]server[\\/]app-render[\\/]work-unit-async-storage\.external\.js$/

let storages = []

/** Looks for renderers. Called when an adapter is made: an application's code is loaded after its renderer. */
function look() {
  const symbols = Object.getOwnPropertySymbols(globalThis).filter(({ description }) => SYMBOL.test(description ?? ""))
  const found = symbols.map((symbol) => globalThis[symbol])
  if (found.length === 0) {
    for (const path of Object.keys(require.cache ?? {})) {
      if (MODULE.test(path)) found.push(require.cache[path]?.exports?.workUnitAsyncStorage)
    }
  }
  storages = found.filter((storage) => typeof storage?.getStore === "function")
}

/** In development, a request is rendered in stages, to tell what a prerender would come to. */
const isStaged = (unit) => process.env.NODE_ENV === "development" && Boolean(unit.stagedRendering)

const isOfPrerender = (unit) => unit !== undefined && (String(unit.type).startsWith("prerender") || isStaged(unit))

/** Whether answers must not come before another task of the event loop. */
function isUnderWay() {
  for (const storage of storages) if (isOfPrerender(storage.getStore())) return true
  return false
}

module.exports = { isUnderWay, look }
