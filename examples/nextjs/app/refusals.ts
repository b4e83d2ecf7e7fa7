// The `?error=` that Auth.js comes back with, in words. https://authjs.dev/reference/core/errors

const everywhere = {
  Configuration: "The app could not reach its database or the identity provider. Please try again in a moment.",
  MissingCSRF: "This page was too old. Please try again.",
  WebAuthnVerificationError: "The passkey could not be verified.",
}

const signingIn = new Map<string, string>(
  Object.entries({
    ...everywhere,
    OAuthAccountNotLinked:
      "There is already an account with this e-mail address. Sign in as you did the first time, then link this one.",
    Verification: "This link has been used already, or it is too old. Ask for a new one.",
    OAuthCallbackError: "The identity provider did not sign you in, or you cancelled there.",
    AccessDenied: "You may not sign in that way.",
  }),
)

const linking = new Map<string, string>(
  Object.entries({
    ...everywhere,
    OAuthAccountNotLinked: "That one already belongs to another account.",
    AccountNotLinked: "That one already belongs to another account.",
    OAuthCallbackError: "Nothing was linked: the identity provider refused, or you cancelled there.",
    AccessDenied:
      "Nothing was linked: your e-mail address is not verified yet. Sign in by a link to it once, then link.",
    LastAccount: "This is your only way to sign in. Link another one first.",
  }),
)

const otherwise = "That did not work. Please try again."

export const refusedToSignIn = (error: unknown) => signingIn.get(String(error)) ?? otherwise
export const refusedToLink = (error: unknown) => linking.get(String(error)) ?? otherwise

/** What a person reads who is signed in and followed a link that is used up. */
export const oldLink = "That link has been used already, or it is too old. You are signed in."
