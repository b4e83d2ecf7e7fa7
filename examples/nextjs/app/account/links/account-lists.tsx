"use client"

import { useActionState } from "react"
import { Announcement } from "@/components/announcement"
import { PasskeyButton } from "@/components/passkey-button"
import { SubmitButton } from "@/components/submit-button"
import { link, unlink } from "../actions"

type Provider = { id: string; name: string; account?: string }

/** What can be linked and what is, with what the last action came to above it. */
export function AccountLists({
  providers,
  passkeys,
  refusal,
}: {
  providers: Provider[]
  passkeys: string[]
  refusal?: string
}) {
  const [outcome, remove] = useActionState(unlink, {})
  return (
    <>
      <Announcement outcome={outcome.at ? outcome : { error: refusal }} />
      <section className="card" aria-labelledby="providers">
        <h2 id="providers">Identity providers</h2>
        <ul className="list">
          {providers.map(({ id, name, account }) => (
            <li key={id}>
              <div>
                <strong>{name}</strong>
                <span className="quiet">{account ? `as ${account}` : "not linked"}</span>
              </div>
              <form action={account ? remove : link}>
                <input type="hidden" name="provider" value={id} />
                {account && <input type="hidden" name="account" value={account} />}
                <SubmitButton className="secondary" aria-label={`${account ? "Unlink" : "Link"} ${name}`}>
                  {account ? "Unlink" : "Link"}
                </SubmitButton>
              </form>
            </li>
          ))}
        </ul>
      </section>
      <section className="card" aria-labelledby="passkeys">
        <h2 id="passkeys">Passkeys</h2>
        <ul className="list">
          {passkeys.length === 0 && <li className="quiet">None yet.</li>}
          {passkeys.map((id) => (
            <li key={id}>
              <div>
                <strong>Passkey</strong>
                <span className="quiet">
                  <code>{id.slice(0, 16)}…</code>
                </span>
              </div>
              <form action={remove}>
                <input type="hidden" name="provider" value="passkey" />
                <input type="hidden" name="account" value={id} />
                <SubmitButton className="secondary" aria-label={`Remove passkey ${id.slice(0, 16)}`}>
                  Remove
                </SubmitButton>
              </form>
            </li>
          ))}
        </ul>
        <PasskeyButton action="register" label="Add a passkey" to="/account/links" done="The passkey is added." />
      </section>
    </>
  )
}
