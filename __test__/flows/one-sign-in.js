// One sign-in with `debug: true` and a logger that keeps everything to itself, in a process of its own.
// usage: node one-sign-in.js <framework> <database URL>
import { RustAdapter } from "../../index.js"
import { Browser } from "./browser.js"
import { frameworks } from "./frameworks.js"
import { App } from "./app.js"
import { OAuthServer } from "./oauth-server.js"

const [name, url] = process.argv.slice(2)
const framework = frameworks.find((one) => one.name === name)
const server = await OAuthServer.open()
const app = new App(framework, { adapter: RustAdapter(url), debug: true, providers: [server.provider()] })
const browser = new Browser(app)
const begun = await browser.submit("signin/fake", { callbackUrl: "/welcome" })
await browser.open(await server.agree(begun.headers.get("location"), { id: "ada", email: "ada@example.com" }))
console.log(`signed in as ${(await browser.session()).user.email}`)
// The adapter stays open on purpose: it must not keep the process.
await server.close()
