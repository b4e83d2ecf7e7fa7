// `await using`, for applications whose `lib` has it.
import { RustAdapter } from "rust-auth-adapter"

export async function scoped() {
  await using adapter = RustAdapter("sqlite:./app.db")
  return await adapter.getUserByEmail("ada@example.com")
}
