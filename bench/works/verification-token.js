// useVerificationToken: each call takes a token that exists, once.
import { randomUUID } from "node:crypto"
import { mustEqual } from "./equal.js"

async function create(subject, expires) {
  const token = { identifier: `${randomUUID()}@example.com`, token: randomUUID(), expires }
  await subject.createVerificationToken(token)
  return token
}

export const verificationToken = {
  title: "useVerificationToken",
  callers: [1, 16, 128],

  async check(subject, data) {
    const created = await create(subject, data.expires)
    const { identifier, token } = created
    mustEqual("a verification token", await subject.useVerificationToken({ identifier, token }), created)
    mustEqual("a used verification token", await subject.useVerificationToken({ identifier, token }), null)
  },

  start: (subject, data) => ({
    prepare: (count) => Promise.all(Array.from({ length: count }, () => create(subject, data.expires))),
    call: async ({ identifier, token }) => {
      const used = await subject.useVerificationToken({ identifier, token })
      if (used?.token !== token) throw new Error("a token that exists was not found")
    },
  }),
}
