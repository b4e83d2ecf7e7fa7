// What contestants are asked to do. A work is
//   callers            at how many callers at once it is measured
//   check(subject, data)   rejects unless the subject answers as all others do
//   start(subject, data)   returns `{ call, prepare? }` for `measure`
import { firstSignIn } from "./first-sign-in.js"
import { lookUp } from "./look-up.js"
import { sessionRequest } from "./session-request.js"
import { updateSession } from "./update-session.js"
import { verificationToken } from "./verification-token.js"

export const works = { lookUp, firstSignIn, updateSession, verificationToken, sessionRequest }
