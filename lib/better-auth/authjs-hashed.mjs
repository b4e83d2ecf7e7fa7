// Sessions of which Auth.js's adapter has stored a hash in the place of the token (option sessionTokens): Better Auth's own endpoints list and end
// sessions by what is stored, and know the current one by its token.

import { createHash } from "node:crypto"
import { createAuthMiddleware } from "better-auth/api"

/** Whether this is what is stored in the place of a token. */
export const isHash = (value) => typeof value === "string" && /^sha256:/i.test(value)

const hashed = (token) => `sha256:${createHash("sha256").update(token).digest("base64url")}`

const PATHS = ["/list-sessions", "/revoke-session", "/revoke-other-sessions", "/admin/revoke-user-session"]

/** Better Auth has judged by then whether the caller may: without a session it has thrown. */
const isDone = ({ returned, session }) => session && !(returned instanceof Error)

/** What comes after an endpoint about sessions: hashes are ended too, and the current session is listed under its own token. */
export const aboutHashes = {
  matcher: ({ path, context }) => PATHS.includes(path) && isDone(context),
  handler: createAuthMiddleware(async ({ path, body, context }) => {
    const { adapter, returned } = context
    const { token, userId } = context.session.session
    const own = hashed(token)
    if (path === "/list-sessions") return returned.map((each) => (each.token === own ? { ...each, token } : each))
    const owned = { field: "userId", value: userId }
    if (path === "/admin/revoke-user-session") {
      // Its own checks have said by now that the caller may.
      if (isHash(body?.sessionToken))
        await adapter.deleteMany({ model: "session", where: [{ field: "token", value: body.sessionToken }] })
      return undefined
    }
    if (path === "/revoke-session") {
      if (isHash(body?.token))
        await adapter.deleteMany({ model: "session", where: [owned, { field: "token", value: body.token }] })
      return undefined
    }
    const sessions = await adapter.findMany({ model: "session", where: [owned] })
    const others = sessions.map((each) => each.token).filter((each) => isHash(each) && each !== own)
    for (const value of others)
      await adapter.deleteMany({ model: "session", where: [owned, { field: "token", value }] })
    return undefined
  }),
}
