import type { Metadata } from "next"
import { notFound } from "next/navigation"
import { Time } from "@/components/time"

export const metadata: Metadata = { title: "Dev mailbox" }

type Mail = { to: string; from: string; subject: string; text: string; date: string }

/** Every mail that this app sends on a developer's computer, where start.js runs a mail server that delivers nothing. */
export default async function Mailbox() {
  const url = process.env.DEV_MAILBOX_URL
  if (!url) notFound()
  const mails: Mail[] = await fetch(url, { cache: "no-store" }).then((answer) => answer.json())

  return (
    <div className="column">
      <div className="title">
        <h1>Dev mailbox</h1>
        <p className="quiet">Every mail this app sends ends here, whoever it is addressed to.</p>
      </div>
      {mails.length === 0 && <p className="card quiet">No mail yet.</p>}
      {mails.map(({ to, from, subject, text, date }) => (
        <article className="card" key={date + to}>
          <h2>{subject}</h2>
          <dl>
            <dt>To</dt>
            <dd>{to}</dd>
            <dt>From</dt>
            <dd>{from}</dd>
            <dt>Sent</dt>
            <dd>
              <Time date={new Date(date)} />
            </dd>
          </dl>
          <p className="mail">
            {text
              .trim()
              .split(/(https?:\/\/\S+)/)
              .map((part, i) =>
                i % 2 ? (
                  <a key={i} href={part}>
                    {part}
                  </a>
                ) : (
                  part
                ),
              )}
          </p>
        </article>
      ))}
    </div>
  )
}
