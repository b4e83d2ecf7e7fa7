"use client"

import { signIn } from "@/auth-client"

export default function SignIn() {
  return (
    <main>
      <h1>Sign in</h1>
      <button type="button" onClick={() => signIn.social({ provider: "company", callbackURL: "/" })}>
        With your company's account
      </button>
    </main>
  )
}
