import type { Metadata } from "next"
import type { ListedSession } from "rust-auth-adapter"
import { adapter } from "@/adapter"
import { lastUse } from "@/auth"
import { currentToken, currentUser } from "@/session"
import { DeviceList } from "./device-list"
import { deviceName } from "./device-name"

export const metadata: Metadata = { title: "Your devices" }

/** What the browser gets of a session. */
const toDevice = (session: ListedSession & { userAgent?: string | null }) => ({
  id: session.id,
  name: deviceName(session.userAgent ?? undefined),
  current: session.current,
  lastUse: lastUse(session),
})

export default async function Devices() {
  const { id } = await currentUser()
  const sessions = await adapter.listSessions(id, { currentToken: await currentToken() })
  const here = sessions.filter(({ current }) => current)
  const others = sessions.filter(({ current }) => !current)
  return (
    <>
      <div className="title">
        <h1>Your devices</h1>
        <p className="quiet">Where you are signed in. What you sign out is out at its next click.</p>
      </div>
      <section className="card">
        <DeviceList devices={[...here, ...others].map(toDevice)} />
      </section>
    </>
  )
}
