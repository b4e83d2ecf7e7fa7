import rustAuthAdapter = require("rust-auth-adapter")
import credentialsOf = require("rust-auth-adapter/credentials")
import tokensOf = require("rust-auth-adapter/tokens")

const adapter = rustAuthAdapter.RustAdapter("sqlite:./app.db")
const signIn: credentialsOf.PasswordSignIn = credentialsOf.credentials(adapter)
// @ts-expect-error
credentialsOf.credentials(adapter, { limit: 1 })
export = { signIn, event: tokensOf.accountTokens(adapter) }
