import type { Metadata } from "next"
import { adapter } from "@/adapter"
import { lastUse } from "@/auth"
import { SubmitButton } from "@/components/submit-button"
import { Time } from "@/components/time"
import { currentToken, currentUser } from "@/session"
import { signOutDevice, signOutOtherDevices } from "../actions"

export const metadata: Metadata = { title: "Your devices" }

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
        <ul className="list">
          {[...here, ...others].map((session) => (
            <li key={session.id}>
              <div>
                <strong>
                  {session.current ? "This device" : "Another device"}
                  {session.current && <span className="badge">in use</span>}
                </strong>
                <span className="quiet">
                  Last used <Time date={lastUse(session)} />
                </span>
              </div>
              {!session.current && (
                <form action={signOutDevice}>
                  <input type="hidden" name="session" value={session.id} />
                  <SubmitButton className="secondary">Sign out</SubmitButton>
                </form>
              )}
            </li>
          ))}
        </ul>
        {others.length > 0 && (
          <form className="foot" action={signOutOtherDevices}>
            <p className="quiet">Lost one, or see one that you do not know?</p>
            <SubmitButton className="danger">Sign out all others</SubmitButton>
          </form>
        )}
      </section>
    </>
  )
}
