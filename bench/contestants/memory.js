// An adapter that answers from memory: the ceiling for what Auth.js does around it.
const never = [
  "createUser",
  "getUser",
  "getUserByEmail",
  "getUserByAccount",
  "updateUser",
  "linkAccount",
  "createSession",
  "updateSession",
  "deleteSession",
]

export function open(url, data) {
  const sessions = new Map(data.tokens.map((token, number) => [token, data.expected(number)]))
  return {
    // Auth.js insists on all of them, and asks none but the next one.
    ...Object.fromEntries(
      never.map((method) => [
        method,
        async () => {
          throw new Error(`${method} was not expected`)
        },
      ]),
    ),
    async getSessionAndUser(token) {
      const found = sessions.get(token)
      return found ? { session: { ...found.session }, user: { ...found.user } } : null
    },
    close: async () => {},
  }
}
