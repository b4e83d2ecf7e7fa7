import type { Metadata } from "next"
import { adapter } from "@/adapter"
import { oldLink } from "@/app/refusals"
import { Time } from "@/components/time"
import { currentUser } from "@/session"
import { NameForm } from "./name-form"
import { PasswordForm } from "./password-form"

export const metadata: Metadata = { title: "Profile" }

export default async function Profile({ searchParams }: PageProps<"/account">) {
  const { id } = await currentUser()
  const { error } = await searchParams
  const user = await adapter.getUser(id)
  if (!user) return null
  return (
    <>
      <div className="title">
        <h1>Profile</h1>
        <p className="quiet">Hello, {user.name ?? user.email}.</p>
      </div>
      {error === "Verification" && (
        <p className="said" role="status">
          {oldLink}
        </p>
      )}
      <section className="card">
        <NameForm name={user.name ?? ""} />
      </section>
      <section className="card" aria-labelledby="password">
        <h2 id="password">Password</h2>
        <PasswordForm />
      </section>
      <section className="card" aria-labelledby="about">
        <h2 id="about">About this account</h2>
        <dl>
          <dt>E-mail</dt>
          <dd>{user.email ?? "none"}</dd>
          <dt>Verified</dt>
          <dd>{user.emailVerified ? <Time date={user.emailVerified} /> : "not by a link of ours"}</dd>
          <dt>User id</dt>
          <dd>
            <code>{user.id}</code>
          </dd>
        </dl>
      </section>
    </>
  )
}
