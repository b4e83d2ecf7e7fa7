export default { serverExternalPackages: ["rust-auth-adapter"] }
