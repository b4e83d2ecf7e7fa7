// What people had before Next.js 16, and what still builds: middleware on the Edge runtime.
import { auth } from "./auth"

export default auth

export const config = { matcher: ["/private"] }
