"use client"

import { signIn } from "next-auth/react"

export default function SignIn() {
  return (
    <main>
      <h1>Sign in</h1>
      <button type="button" onClick={() => signIn("company", { redirectTo: "/" })}>
        With your company's account
      </button>
    </main>
  )
}
