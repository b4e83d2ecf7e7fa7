"use client"

import { signOut } from "@/auth-client"

export function SignOut() {
  return (
    <button type="button" onClick={() => signOut().then(() => location.assign("/sign-in"))}>
      Sign out
    </button>
  )
}
