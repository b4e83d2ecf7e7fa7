import type { NextConfig } from "next"

const config: NextConfig = {
  // The bundler leaves the native package alone.
  serverExternalPackages: ["rust-auth-adapter"],
  poweredByHeader: false,
}

export default config
