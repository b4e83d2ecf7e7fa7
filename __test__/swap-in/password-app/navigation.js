// `redirect` of `next/navigation`, outside a request of Next.js: the error by which an action ends.
export function redirect(path) {
  throw Object.assign(new Error("NEXT_REDIRECT"), { digest: `NEXT_REDIRECT;push;${path};307;` })
}
