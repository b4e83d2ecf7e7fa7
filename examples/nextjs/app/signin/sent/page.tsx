import type { Metadata } from "next"
import Link from "next/link"

export const metadata: Metadata = { title: "Check your e-mail" }

export default function Sent() {
  return (
    <section className="card narrow">
      <h1>Check your e-mail</h1>
      <p>We sent you a link that signs you in. It works once, within a day.</p>
      {process.env.DEV_MAILBOX_URL && (
        <Link className="button" href="/mailbox">
          Open the dev mailbox
        </Link>
      )}
    </section>
  )
}
