"use client"

import { useRouter } from "next/navigation"
import { signIn } from "next-auth/webauthn"
import { useState } from "react"

const failures: Record<string, string> = {
  NotAllowedError: "Cancelled, or no passkey for this site on this device.",
  InvalidStateError: "This device has a passkey of yours already.",
}

/** Passkeys need the browser's help, so this is the one button that does nothing without JavaScript. */
export function PasskeyButton({
  action,
  label,
  to,
  done = "",
}: {
  action: "authenticate" | "register"
  label: string
  to: string
  done?: string
}) {
  const router = useRouter()
  const [status, setStatus] = useState("")

  async function ask() {
    setStatus("Waiting for your passkey …")
    try {
      const answer = await signIn("passkey", { action, redirect: false })
      if (!answer || answer.error) throw new Error("The passkey could not be verified.")
      setStatus(done)
      if (action === "authenticate") router.push(to)
      router.refresh()
    } catch (error) {
      const { name, message } = error as Error
      setStatus(failures[name] ?? message)
    }
  }

  return (
    <div className="stack">
      <button type="button" className="secondary" onClick={ask}>
        {label}
      </button>
      <p className="quiet" role="status">
        {status}
      </p>
    </div>
  )
}
