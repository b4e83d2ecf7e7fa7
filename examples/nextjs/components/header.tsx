import Link from "next/link"
import { auth, signOut } from "@/auth"
import { SubmitButton } from "./submit-button"

async function leave() {
  "use server"
  await signOut({ redirectTo: "/signin" })
}

export async function Header() {
  const session = await auth()
  return (
    <header className="top">
      <Link className="brand" href="/">
        <img src="/icon.svg" alt="" width="28" height="28" />
        Next.js example
      </Link>
      <nav aria-label="Site">
        {process.env.DEV_MAILBOX_URL && <Link href="/mailbox">Dev mailbox</Link>}
        {session && (
          <form action={leave}>
            <SubmitButton className="plain">Sign out</SubmitButton>
          </form>
        )}
      </nav>
    </header>
  )
}
