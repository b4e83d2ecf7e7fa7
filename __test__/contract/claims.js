// Rivals in other processes: each asks for every token ten times at once, and says which it got.
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"

const program = fileURLToPath(new URL("claimant.js", import.meta.url))

/** Resolves to the tokens that each of `count` processes got. */
export async function claimInProcesses(count, url, options, tokens) {
  const rivals = Array.from({ length: count }, () => {
    const child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit"] })
    const lines = readLines(child.stdout)
    child.stdin.write(`${JSON.stringify({ url, options, tokens })}\n`)
    return { child, lines, ended: once(child, "exit") }
  })
  for (const { lines } of rivals) await lines.next() // connected and waiting
  for (const { child } of rivals) child.stdin.write("go\n")
  const claims = []
  for (const { lines } of rivals) claims.push(JSON.parse((await lines.next()).value))
  await Promise.all(rivals.map(({ ended }) => ended))
  return claims
}

export async function* readLines(stream) {
  let rest = ""
  for await (const chunk of stream.setEncoding("utf8")) {
    const lines = (rest + chunk).split("\n")
    rest = lines.pop()
    yield* lines
  }
}
