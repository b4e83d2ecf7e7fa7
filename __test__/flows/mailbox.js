// A real SMTP server that keeps the magic links it receives.
import { once } from "node:events"
import { SMTPServer } from "smtp-server"

export class Mailbox {
  #server
  #links = []

  static async open() {
    const mailbox = new Mailbox()
    mailbox.#server = new SMTPServer({
      disabledCommands: ["AUTH", "STARTTLS"],
      disableReverseLookup: true,
      onData: (stream, _session, done) => mailbox.#receive(stream).then(() => done(), done),
    })
    mailbox.#server.listen(0, "127.0.0.1")
    await once(mailbox.#server.server, "listening")
    return mailbox
  }

  /** The `server` option of Auth.js's e-mail providers. */
  get transport() {
    return { host: "127.0.0.1", port: this.#server.server.address().port, secure: false }
  }

  /** Takes the link of the oldest letter; the sign-in form answers only after the letter has arrived. */
  takeLink() {
    const link = this.#links.shift()
    if (!link) throw new Error("no letter has arrived")
    return link
  }

  close() {
    return new Promise((resolve) => this.#server.close(resolve))
  }

  async #receive(stream) {
    const chunks = []
    for await (const chunk of stream) chunks.push(chunk)
    const text = Buffer.concat(chunks)
      .toString()
      .replace(/=\r\n/g, "")
      .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)))
    this.#links.push(text.match(/http:\/\/\S+\/callback\/\S+/)[0])
  }
}
