"use client"

import { useSession } from "@/auth-client"

export function Email() {
  const { data: session } = useSession()
  return <p>{session?.user.email}</p>
}
