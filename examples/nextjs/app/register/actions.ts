"use server"

import { RustAdapterError } from "rust-auth-adapter"
import { adapter } from "@/adapter"
import { signIn } from "@/auth"

type State = { error?: string; name: string; email: string }

export async function register(_: unknown, form: FormData): Promise<State> {
  const text = (name: string) => String(form.get(name) ?? "")
  const [name, email, password] = [text("name").trim().slice(0, 100), text("email"), text("password")]
  if ([...password].length < 8) return { name, email, error: "Take at least 8 characters for the password." }
  try {
    await adapter.passwords.register({ email, password, name: name || null })
  } catch (error) {
    // An app that must not tell who has an account says the same here, and sends a mail.
    if (error instanceof RustAdapterError && error.code === "ERR_UNIQUE")
      return { name, email, error: "There is an account with this e-mail address already." }
    if (error instanceof RustAdapterError && error.code === "ERR_INVALID_ARGUMENT")
      return { name, email, error: "That is no e-mail address, or no password." }
    throw error
  }
  await signIn("credentials", { email, password, redirectTo: "/account" })
  return { name, email }
}
