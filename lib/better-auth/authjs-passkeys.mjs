// Passkeys that Better Auth registers, as Auth.js wants them: it finds a person by an account of the passkey's, beside the passkey itself.

/** As Auth.js writes it: in base64, where browsers and Better Auth have base64url. */
const standard = (id) => Buffer.from(id, "base64url").toString("base64")

/** Lets `adapter` keep an account of this provider of Auth.js's for each passkey. */
export function withAccounts(adapter, providerId) {
  const { create, findMany } = adapter
  const remove = adapter.delete
  const accountOf = ({ credentialID, userId }) => ({ providerId, accountId: standard(credentialID), userId })
  const forget = ({ accountId }) =>
    adapter.deleteMany({
      model: "account",
      where: [
        { field: "providerId", value: providerId },
        { field: "accountId", value: accountId },
      ],
    })

  adapter.create = async (call) => {
    if (call?.model !== "passkey") return create(call)
    const account = accountOf(call.data)
    const now = new Date()
    await create({ model: "account", data: { ...account, createdAt: now, updatedAt: now } })
    try {
      return await create(call)
    } catch (error) {
      await forget(account)
      throw error
    }
  }
  adapter.delete = async (call) => {
    if (call?.model !== "passkey") return remove(call)
    const gone = await findMany({ model: "passkey", where: call.where })
    await remove(call)
    for (const each of gone) await forget(accountOf(each))
    return undefined
  }
  return adapter
}
