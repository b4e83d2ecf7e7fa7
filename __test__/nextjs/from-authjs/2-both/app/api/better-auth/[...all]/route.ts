import { toNextJsHandler } from "better-auth/next-js"
import { auth } from "@/auth-next"

export const { GET, POST } = toNextJsHandler(auth)
