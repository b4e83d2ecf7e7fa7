"use client"

import { useActionState } from "react"
import { SubmitButton } from "@/components/submit-button"
import { changePassword } from "./actions"

export function PasswordForm() {
  const [state, action] = useActionState(changePassword, {})
  return (
    <form className="stack" action={action}>
      {state.error && (
        <p className="alert" role="alert">
          {state.error}
        </p>
      )}
      <label>
        New password
        <input type="password" name="password" autoComplete="new-password" required />
      </label>
      <div className="row">
        <SubmitButton>Change password</SubmitButton>
        <p className="quiet" role="status">
          {state.status}
        </p>
      </div>
    </form>
  )
}
