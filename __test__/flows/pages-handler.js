// next-auth v4 as a Pages Router app mounts it (`pages/api/auth/[...nextauth].js`), over a standard Request and Response.
// Its App Router variant reads cookies through `next/headers`, which answers only inside a running Next.js server.
import { parse } from "cookie"
import nextAuth from "next-auth-v4"

// CommonJS: the module itself is the only export that Node sees.
const NextAuth = nextAuth.default

export async function pagesHandler(request, basePath, options) {
  const url = new URL(request.url)
  const form = request.method === "POST" ? Object.fromEntries(new URLSearchParams(await request.text())) : undefined
  const nextRequest = {
    method: request.method,
    headers: Object.fromEntries(request.headers),
    cookies: parse(request.headers.get("cookie") ?? ""),
    query: { ...Object.fromEntries(url.searchParams), nextauth: url.pathname.slice(basePath.length + 1).split("/") },
    body: form,
  }
  const nextResponse = new PagesResponse()
  await NextAuth(nextRequest, nextResponse, options)
  return nextResponse.toResponse()
}

/** `getServerSession(req, res, authOptions)`, as `getServerSideProps` calls it. */
export const serverSession = (request, options) =>
  nextAuth.getServerSession(
    {
      headers: Object.fromEntries(request.headers),
      cookies: parse(request.headers.get("cookie") ?? ""),
    },
    new PagesResponse(),
    options,
  )

/** What next-auth uses of a NextApiResponse. */
class PagesResponse {
  #status = 200
  #headers = new Map()
  #body = null

  status(code) {
    this.#status = code
    return this
  }

  getHeader(name) {
    return this.#headers.get(name.toLowerCase())
  }

  setHeader(name, value) {
    this.#headers.set(name.toLowerCase(), value)
    return this
  }

  json(body) {
    this.setHeader("content-type", "application/json")
    this.#body = JSON.stringify(body)
  }

  send(body) {
    if (body !== null && typeof body === "object") return this.json(body)
    this.#body = body
  }

  end() {}

  toResponse() {
    const headers = new Headers()
    for (const [name, value] of this.#headers) {
      for (const one of [value].flat()) headers.append(name, one)
    }
    return new Response(this.#body, { status: this.#status, headers })
  }
}
