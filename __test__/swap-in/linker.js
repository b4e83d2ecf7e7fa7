// Another process that links accounts: each of them `times` times at once, one account after the other.
import { RustAdapter } from "../../index.js"
import { readLines } from "../contract/claims.js"

const lines = readLines(process.stdin)
const { url, accounts, times } = JSON.parse((await lines.next()).value)
const { getUser, linkAccount } = RustAdapter(url)
await getUser("nobody")
console.log("ready")
await lines.next()

const linked = []
for (const account of accounts)
  linked.push(...(await Promise.all(Array.from({ length: times }, () => linkAccount(account)))))
console.log(JSON.stringify(linked.map(({ id, providerAccountId }) => ({ id, providerAccountId }))))
process.stdin.destroy()
