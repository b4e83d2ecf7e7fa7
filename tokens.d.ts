import type { RustAdapter } from "./index.js"

/**
 * For Auth.js's `events.signIn`: stores the tokens and the scope of each sign-in with a provider. Auth.js stores those of the first one
 * only, when it links the account. `adapter` is what `RustAdapter()` returned.
 *
 * @throws {RustAdapterError} `ERR_CONFIG` for another object than an adapter.
 */
export function accountTokens(
  adapter: Pick<RustAdapter, "linkAccount">,
  // biome-ignore lint/suspicious/noExplicitAny: v5's message and v4's have no type in common.
): (message: { account?: any; isNewUser?: boolean; [more: string]: any }) => Promise<void>
