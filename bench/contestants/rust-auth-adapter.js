import { RustAdapter } from "../../index.js"

export function open(url) {
  const adapter = RustAdapter(url)
  return { ...adapter, close: adapter.close }
}
