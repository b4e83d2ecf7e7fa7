"use client"

import { useActionState } from "react"
import { Announcement } from "@/components/announcement"
import { SubmitButton } from "@/components/submit-button"
import { Time } from "@/components/time"
import { signOutDevice, signOutOtherDevices } from "../actions"

export type Device = { id: string; name: string; current: boolean; lastUse: Date }

export function DeviceList({ devices }: { devices: Device[] }) {
  const [one, signOutOne] = useActionState(signOutDevice, {})
  const [all, signOutAll] = useActionState(signOutOtherDevices, {})
  return (
    <>
      <Announcement outcome={(one.at ?? 0) > (all.at ?? 0) ? one : all} />
      <ul className="list">
        {devices.map(({ id, name, current, lastUse }) => (
          <li key={id}>
            <div>
              <strong>
                {name}
                {current && <span className="badge">this device</span>}
              </strong>
              <span className="quiet">
                Last used <Time date={lastUse} since />
              </span>
            </div>
            {!current && (
              <form action={signOutOne}>
                <input type="hidden" name="session" value={id} />
                <SubmitButton className="secondary">Sign out</SubmitButton>
              </form>
            )}
          </li>
        ))}
      </ul>
      {devices.some(({ current }) => !current) && (
        <form className="foot" action={signOutAll}>
          <p className="quiet">Lost one, or see one that you do not know?</p>
          <SubmitButton className="danger">Sign out all others</SubmitButton>
        </form>
      )}
    </>
  )
}
