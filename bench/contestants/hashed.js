import { RustAdapter } from "../../index.js"

/** `?mode=`: the option sessionTokens, if any. */
const mode = new URL(import.meta.url).searchParams.get("mode") ?? undefined

export function open(url) {
  const adapter = RustAdapter(url, { sessionTokens: mode })
  return { ...adapter, close: adapter.close }
}
