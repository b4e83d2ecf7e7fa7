"use client"

import { useActionState } from "react"
import { SubmitButton } from "@/components/submit-button"
import { register } from "./actions"

export function RegisterForm() {
  const [state, action] = useActionState(register, { name: "", email: "" })
  return (
    <form className="stack" action={action} key={`${state.name} ${state.email}`}>
      {state.error && (
        <p className="alert" role="alert">
          {state.error}
        </p>
      )}
      <label>
        Name
        <input name="name" autoComplete="name" defaultValue={state.name} maxLength={100} />
      </label>
      <label>
        E-mail
        <input type="email" name="email" autoComplete="username" defaultValue={state.email} required />
      </label>
      <label>
        Password
        <input type="password" name="password" autoComplete="new-password" required />
      </label>
      <SubmitButton>Register</SubmitButton>
    </form>
  )
}
