"use strict"

// The tokens of a sign-in, stored: Auth.js stores those of the first one only, when it links the account.

const { coreOf } = require("../core-of.js")

/** What names an account, and whose it is: never changed by a sign-in. */
const FIXED = ["id", "userId", "type", "provider", "providerAccountId"]

/**
 * For `events.signIn`: stores what the provider has given at this sign-in. A refresh token that is not given anew stays; an expiry that
 * is not given is none.
 */
function accountTokens(adapter) {
  const core = coreOf(adapter, "accountTokens")
  return async ({ account, isNewUser } = {}) => {
    if (isNewUser || !["oauth", "oidc"].includes(account?.type) || typeof account.access_token !== "string") return
    const { provider } = account
    const tokens = Object.entries(account).filter(
      ([name, value]) => !FIXED.includes(name) && value !== undefined && value !== null,
    )
    const providerAccountId = String(account.providerAccountId)
    await core.updateAccount({ expires_at: null, ...Object.fromEntries(tokens), provider, providerAccountId })
  }
}

module.exports = { accountTokens }
