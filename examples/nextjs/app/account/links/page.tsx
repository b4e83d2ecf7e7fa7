import type { Metadata } from "next"
import { adapter } from "@/adapter"
import { identityProviders } from "@/auth"
import { refusedToLink } from "@/app/refusals"
import { currentUser } from "@/session"
import { AccountLists } from "./account-lists"

export const metadata: Metadata = { title: "Linked accounts" }

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
      <AccountLists
        providers={identityProviders.map((provider) => ({
          ...provider,
          account: accounts.find((each) => each.provider === provider.id)?.providerAccountId,
        }))}
        passkeys={passkeys.map(({ providerAccountId }) => providerAccountId)}
        refusal={error ? refusedToLink(error) : undefined}
      />
    </>
  )
}
