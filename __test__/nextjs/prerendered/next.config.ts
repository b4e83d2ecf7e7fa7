export default {
  serverExternalPackages: ["rust-auth-adapter"],
  cacheComponents: true,
  poweredByHeader: false,
}
