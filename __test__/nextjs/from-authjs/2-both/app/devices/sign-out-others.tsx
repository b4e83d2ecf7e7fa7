"use client"

import { revokeOtherSessions } from "@/auth-client"

export function SignOutOthers() {
  return (
    <button type="button" onClick={() => revokeOtherSessions().then(() => location.reload())}>
      Sign out all others
    </button>
  )
}
