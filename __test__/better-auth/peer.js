// A hook for Node's module loader. better-auth is a peer of the package: an application has it, and here the application is these tests.
const folder = new URL("../../lib/better-auth/", import.meta.url).href
let application

export function initialize(parentURL) {
  application = parentURL
}

export function resolve(specifier, context, next) {
  const isPeer = context.parentURL?.startsWith(folder) && /^(@better-auth|better-auth)\//.test(specifier)
  return next(specifier, isPeer ? { ...context, parentURL: application } : context)
}
