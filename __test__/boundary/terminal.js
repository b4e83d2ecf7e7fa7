// A terminal that a program runs on.
import { execFile } from "node:child_process"

const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`

/** Runs a program, and resolves to how it ended and what its terminal showed: `{ code, shown }`. */
export function terminal(words, { cwd, env } = {}) {
  const command = words.map(quoted).join(" ")
  // Node.js has none. Of util-linux, or of BSD's by the same name on macOS.
  const args = process.platform === "darwin" ? ["-q", "/dev/null", ...words] : ["-qec", command, "/dev/null"]
  const options = { timeout: 60_000, cwd, env: { ...process.env, TERM: "xterm", NO_COLOR: undefined, ...env } }
  return new Promise((resolve) =>
    execFile("script", args, options, (error, stdout) =>
      resolve({ code: error ? (error.code ?? error.signal) : 0, shown: stdout.replaceAll("\r\n", "\n") }),
    ),
  )
}
