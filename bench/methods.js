// Every method of the adapter, one call at a time, on rows anywhere in the tables.
import { randomBytes, randomUUID } from "node:crypto"
import { providerAccountId, sessionToken, user as userOf } from "./data.js"
import { Samples } from "./measure.js"

/** Look-ups are what an application does all day: this many for each of the other calls. */
const LOOK_UPS = 10

/**
 * p50 and p99 of each method in microseconds, from `repetitions` of each. Deletes take rows from the end of the tables,
 * `removed` of which are gone already, and look-ups ask for the first half, so that no look-up asks for a deleted row.
 */
export async function timeMethods(adapter, data, { repetitions, removed }) {
  const samples = {}
  const time = async (method, ...args) => {
    const begin = performance.now()
    const result = await adapter[method](...args)
    ;(samples[method] ??= new Samples()).add((performance.now() - begin) * 1000)
    if (!result || result.length === 0) throw new Error(`${method} found nothing`)
    return result
  }
  const someUser = () => data.random() % (data.users >> 1)

  for (let turn = 0; turn < repetitions; turn++) {
    for (let each = 0; each < LOOK_UPS; each++) {
      const owner = someUser()
      const number = owner + data.users * (data.random() % Math.floor(data.sessions / data.users))
      const { user } = await time("getSessionAndUser", sessionToken(number))
      if (user.id !== userOf(owner).id) throw new Error("another user's session")
    }
    const person = userOf(someUser())
    await time("getUser", person.id)
    await time("getUserByEmail", person.email)
    const key = { provider: "github", providerAccountId: providerAccountId(someUser()) }
    await time("getUserByAccount", key)
    await time("getAccount", key.providerAccountId, key.provider)
    await time("updateUser", { id: person.id, name: `Renamed ${randomUUID()}` })
    await time("updateSession", {
      sessionToken: sessionToken(someUser()),
      expires: new Date(data.expires.getTime() + turn * 1000),
    })

    const { id: userId } = await time("createUser", {
      ...person,
      id: randomUUID(),
      email: `${randomUUID()}@example.com`,
    })
    await time("linkAccount", { userId, type: "oauth", provider: "github", providerAccountId: randomUUID() })
    await time("createSession", { sessionToken: randomUUID(), userId, expires: data.expires })
    const token = { identifier: person.email, token: randomUUID() }
    await time("createVerificationToken", { ...token, expires: data.expires })
    await time("useVerificationToken", token)

    const credentialID = randomBytes(32).toString("base64")
    await time("createAuthenticator", {
      credentialID,
      userId,
      providerAccountId: credentialID,
      credentialPublicKey: randomBytes(77).toString("base64"),
      counter: 0,
      credentialDeviceType: "multiDevice",
      credentialBackedUp: true,
      transports: "internal",
    })
    await time("getAuthenticator", credentialID)
    await time("listAuthenticatorsByUserId", userId)
    await time("updateAuthenticatorCounter", credentialID, turn + 1)

    const last = data.users - 1 - removed - turn
    await time("deleteSession", sessionToken(last))
    await time("unlinkAccount", { provider: "github", providerAccountId: providerAccountId(last) })
    await time("deleteUser", userOf(last).id)
  }
  return Object.fromEntries(
    Object.entries(samples).map(([method, found]) => {
      const [p50, p99] = found.quantiles(0.5, 0.99)
      return [method, { p50, p99 }]
    }),
  )
}
