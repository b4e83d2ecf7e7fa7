import type { ReactNode } from "react"
import { Tabs } from "./tabs"

export default function AccountLayout({ children }: { children: ReactNode }) {
  return (
    <div className="account">
      <Tabs />
      <div className="column">{children}</div>
    </div>
  )
}
