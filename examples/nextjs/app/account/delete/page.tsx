import type { Metadata } from "next"
import { currentUser } from "@/session"
import { DeleteForm } from "./delete-form"

export const metadata: Metadata = { title: "Delete account" }

export default async function DeleteAccount() {
  const { email } = await currentUser()
  return (
    <>
      <div className="title">
        <h1>Delete account</h1>
        <p className="quiet">This signs you out everywhere and cannot be undone.</p>
      </div>
      <section className="card">
        <p>Your profile, your devices, your linked accounts and your passkeys are deleted, all at once.</p>
        <DeleteForm expected={email ?? "delete"} />
      </section>
    </>
  )
}
