"use client"

import { useActionState } from "react"
import { SubmitButton } from "@/components/submit-button"
import { signInWithPassword } from "./actions"

export function PasswordSignIn({ from }: { from: string }) {
  const [state, action] = useActionState(signInWithPassword, { email: "" })
  return (
    <form className="stack" action={action}>
      {state.error && (
        <p className="alert" role="alert">
          {state.error}
        </p>
      )}
      <input type="hidden" name="from" value={from} />
      <label>
        E-mail
        <input
          type="email"
          name="email"
          autoComplete="username"
          defaultValue={state.email}
          key={state.email}
          required
        />
      </label>
      <label>
        Password
        <input type="password" name="password" autoComplete="current-password" required />
      </label>
      <SubmitButton>Sign in</SubmitButton>
    </form>
  )
}
