import { buffer } from "node:stream/consumers"
import PostalMime from "postal-mime"
import { SMTPServer } from "smtp-server"

const kept = 50

/** A real mail server for development: it accepts every mail and delivers none, they are read at `/mailbox`. */
export async function startMailbox() {
  const mails = [] // newest first

  const server = new SMTPServer({
    disabledCommands: ["AUTH", "STARTTLS"],
    async onData(stream, session, done) {
      try {
        const { from, subject, text } = await PostalMime.parse(await buffer(stream))
        const to = session.envelope.rcptTo.map((recipient) => recipient.address).join(", ")
        mails.unshift({ from: from?.address, to, subject, text, date: new Date() })
        mails.length = Math.min(mails.length, kept)
        done()
      } catch (error) {
        done(error)
      }
    },
  })
  server.on("error", (error) => console.error(`mail server: ${error.message}`))
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))

  return {
    mails,
    /** What Auth.js' mail provider takes as its `server`. */
    smtp: { host: "127.0.0.1", port: server.server.address().port, ignoreTLS: true },
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}
