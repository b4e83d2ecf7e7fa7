// Our adapter as another folder has it: the name of this module is followed by `?folder=`.
import { createRequire } from "node:module"

const folder = new URL(import.meta.url).searchParams.get("folder")
const { RustAdapter } = createRequire(import.meta.url)(folder)

export function open(url) {
  const adapter = RustAdapter(url)
  return { ...adapter, close: adapter.close }
}
