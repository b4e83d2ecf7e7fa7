"use server"

import { AuthError } from "next-auth"
import { signIn } from "@/auth"

/** Only pages of this app: an address in a link must not send people elsewhere. */
const ownPage = (from: unknown) => (typeof from === "string" && /^\/account[\w/-]*$/.test(from) ? from : "/account")

export async function signInWithPassword(_: unknown, form: FormData): Promise<{ error?: string; email: string }> {
  const email = String(form.get("email") ?? "")
  try {
    await signIn("credentials", { email, password: form.get("password"), redirectTo: ownPage(form.get("from")) })
  } catch (error) {
    // A wrong password, an unknown address, and too many attempts answer alike. Where a person is sent is thrown, too.
    if (!(error instanceof AuthError)) throw error
    return { email, error: "That is not the password of this address, or there were too many attempts." }
  }
  return { email }
}
