// What `next-auth` does with a configuration, without Next.js: it reads the environment and hands both to @auth/core.
import { Auth, setEnvDefaults } from "@auth/core"

export default function NextAuth(config) {
  const errors = []
  const logger = { error: (error) => errors.push(error), warn() {}, debug() {} }
  const whole = { trustHost: true, basePath: "/api/auth", logger, ...config }
  setEnvDefaults(process.env, whole)
  const handle = (request) => Auth(request, whole)
  return { handlers: { GET: handle, POST: handle, errors } }
}
