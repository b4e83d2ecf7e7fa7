import type { Metadata } from "next"
import { adapter } from "@/adapter"
import { identityProviders } from "@/auth"
import { PasskeyButton } from "@/components/passkey-button"
import { SubmitButton } from "@/components/submit-button"
import { currentUser } from "@/session"
import { link, unlink } from "../actions"

export const metadata: Metadata = { title: "Linked accounts" }

const errors = new Map([
  ["AccountNotLinked", "That one already belongs to another account."],
  ["OAuthAccountNotLinked", "That one already belongs to another account."],
  ["LastAccount", "This is your only way to sign in. Link another one first."],
])

export default async function LinkedAccounts({ searchParams }: PageProps<"/account/links">) {
  const { id } = await currentUser()
  const { error } = await searchParams
  const accounts = await adapter.listAccounts(id)
  const passkeys = accounts.filter(({ provider }) => provider === "passkey")
  return (
    <>
      <div className="title">
        <h1>Linked accounts</h1>
        <p className="quiet">What you can sign in with, besides a link to your e-mail address.</p>
      </div>
      {error && (
        <p className="alert" role="alert">
          {errors.get(String(error)) ?? "That did not work. Please try again."}
        </p>
      )}
      <section className="card" aria-labelledby="providers">
        <h2 id="providers">Identity providers</h2>
        <ul className="list">
          {identityProviders.map(({ id: provider, name }) => {
            const account = accounts.find((each) => each.provider === provider)
            return (
              <li key={provider}>
                <div>
                  <strong>{name}</strong>
                  <span className="quiet">{account ? `as ${account.providerAccountId}` : "not linked"}</span>
                </div>
                <form action={account ? unlink : link}>
                  <input type="hidden" name="provider" value={provider} />
                  {account && <input type="hidden" name="account" value={account.providerAccountId} />}
                  <SubmitButton className="secondary" aria-label={`${account ? "Unlink" : "Link"} ${name}`}>
                    {account ? "Unlink" : "Link"}
                  </SubmitButton>
                </form>
              </li>
            )
          })}
        </ul>
      </section>
      <section className="card" aria-labelledby="passkeys">
        <h2 id="passkeys">Passkeys</h2>
        <ul className="list">
          {passkeys.length === 0 && <li className="quiet">None yet.</li>}
          {passkeys.map(({ providerAccountId }) => (
            <li key={providerAccountId}>
              <div>
                <strong>Passkey</strong>
                <span className="quiet">
                  <code>{providerAccountId.slice(0, 16)}…</code>
                </span>
              </div>
              <form action={unlink}>
                <input type="hidden" name="provider" value="passkey" />
                <input type="hidden" name="account" value={providerAccountId} />
                <SubmitButton className="secondary" aria-label={`Remove passkey ${providerAccountId.slice(0, 16)}`}>
                  Remove
                </SubmitButton>
              </form>
            </li>
          ))}
        </ul>
        <PasskeyButton action="register" label="Add a passkey" to="/account/links" />
      </section>
    </>
  )
}
