"use client"

import { useSession } from "next-auth/react"

export function Email() {
  const { data: session } = useSession()
  return <p>{session?.user?.email}</p>
}
