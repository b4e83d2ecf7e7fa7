import { RustAdapter, RustAdapterError } from "rust-auth-adapter"
import { signIn } from "./sign-in.cjs"

await signIn(RustAdapter, RustAdapterError)
