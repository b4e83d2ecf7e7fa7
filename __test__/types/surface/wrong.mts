// Does not compile.
import { RustAdapter } from "rust-auth-adapter"
RustAdapter("sqlite:./app.db", { migrat: true })
