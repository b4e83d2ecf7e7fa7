"use server"

import { revalidatePath } from "next/cache"
import { redirect } from "next/navigation"
import { RustAdapterError } from "rust-auth-adapter"
import { adapter } from "@/adapter"
import { refusedToLink } from "@/app/refusals"
import { signIn, signOut } from "@/auth"
import type { Outcome } from "@/components/announcement"
import { currentToken, currentUser } from "@/session"

// Each of these can be called by anybody with any arguments: each asks who is signed in, and touches only what is theirs.

export async function changeName(_: unknown, form: FormData): Promise<{ name: string; status?: string }> {
  const { id } = await currentUser()
  const name = String(form.get("name") ?? "")
    .trim()
    .slice(0, 100)
  await adapter.updateUser({ id, name: name || null })
  revalidatePath("/account")
  return { name, status: "Saved." }
}

/**
 * Gives a person another password, or a first one: with the one of before, or by the session that is theirs. What is asked for is
 * what an app wants to be sure of; this one takes the session's word for people who have come by a link or a provider.
 */
export async function changePassword(_: unknown, form: FormData): Promise<{ error?: string; status?: string }> {
  const { id } = await currentUser()
  const password = String(form.get("password") ?? "")
  if ([...password].length < 8) return { error: "Take at least 8 characters." }
  try {
    // The other devices are signed out; a session that has ended meanwhile changes nothing.
    await adapter.passwords.set(id, password, { currentToken: await currentToken() })
  } catch (error) {
    if (error instanceof RustAdapterError && error.code === "ERR_NOT_FOUND") redirect("/signin")
    if (error instanceof RustAdapterError && error.code === "ERR_INVALID_ARGUMENT")
      return { error: "Take another password." }
    throw error
  }
  return { status: "Changed. Your other devices are signed out." }
}

export async function signOutDevice(_: Outcome, form: FormData): Promise<Outcome> {
  const { id } = await currentUser()
  const ended = await adapter.revokeSession(id, String(form.get("session")))
  revalidatePath("/account/devices")
  return { said: ended ? "That device is signed out." : "That device was signed out already.", at: Date.now() }
}

export async function signOutOtherDevices(_: Outcome): Promise<Outcome> {
  const { id } = await currentUser()
  await adapter.revokeOtherSessions(id, await currentToken())
  revalidatePath("/account/devices")
  return { said: "All other devices are signed out.", at: Date.now() }
}

/** Signing in somewhere else while signed in here is what links an account. */
export async function link(form: FormData) {
  const { email } = await currentUser()
  await signIn(String(form.get("provider")), { redirectTo: "/account/links" }, email ? { login_hint: email } : {})
}

export async function unlink(_: Outcome, form: FormData): Promise<Outcome> {
  const { id, email } = await currentUser()
  const accounts = await adapter.listAccounts(id)
  const mine = accounts.find(
    ({ provider, providerAccountId }) => provider === form.get("provider") && providerAccountId === form.get("account"),
  )
  revalidatePath("/account/links")
  if (!mine) return { said: "It was removed already.", at: Date.now() }
  // With an e-mail address there is always a link to sign in with; without one, the last account is the only way back.
  if (!email && accounts.length === 1) return { error: refusedToLink("LastAccount"), at: Date.now() }
  await adapter.unlinkAccount(mine)
  return { said: mine.provider === "passkey" ? "The passkey is removed." : "The account is unlinked.", at: Date.now() }
}

export async function deleteAccount(_: unknown, form: FormData): Promise<{ error?: string }> {
  const { id, email } = await currentUser()
  const expected = email ?? "delete"
  if (String(form.get("confirmation")).trim().toLowerCase() !== expected.toLowerCase()) {
    return { error: `Type “${expected}” to confirm.` }
  }
  await adapter.deleteUser(id)
  // The session went with the user; this takes its cookie away.
  await signOut({ redirect: false })
  redirect("/signin")
}
