"use client"

import { useActionState } from "react"
import { SubmitButton } from "@/components/submit-button"
import { deleteAccount } from "../actions"

export function DeleteForm({ expected }: { expected: string }) {
  const [state, action] = useActionState(deleteAccount, {})
  return (
    <form className="stack" action={action}>
      <label>
        <span>
          Type <strong>{expected}</strong> to confirm
        </span>
        <input name="confirmation" autoComplete="off" autoCapitalize="none" spellCheck={false} required />
      </label>
      {state.error && (
        <p className="alert" role="alert">
          {state.error}
        </p>
      )}
      <SubmitButton className="danger">Delete my account</SubmitButton>
    </form>
  )
}
