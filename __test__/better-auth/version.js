// A hook for Node's module loader: what these tests import of better-auth is what another application has.
const tests = new URL("./", import.meta.url).href
let application

export function initialize(parentURL) {
  application = parentURL
}

export function resolve(specifier, context, next) {
  const { parentURL = "" } = context
  const isTests = parentURL.startsWith(tests) && !parentURL.includes("/node_modules/")
  const isIt = isTests && /^(@better-auth|better-auth)(\/|$)/.test(specifier)
  return next(specifier, isIt ? { ...context, parentURL: application } : context)
}
