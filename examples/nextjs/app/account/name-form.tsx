"use client"

import { useActionState } from "react"
import { SubmitButton } from "@/components/submit-button"
import { changeName } from "./actions"

export function NameForm({ name }: { name: string }) {
  const [state, action] = useActionState(changeName, { name })
  return (
    <form className="stack" action={action}>
      <label>
        Name
        <input name="name" autoComplete="name" defaultValue={state.name} key={state.name} maxLength={100} />
      </label>
      <div className="row">
        <SubmitButton>Save</SubmitButton>
        <p className="quiet" role="status">
          {state.status}
        </p>
      </div>
    </form>
  )
}
