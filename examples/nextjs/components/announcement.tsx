"use client"

import { useEffect, useRef } from "react"

/** What an action came to: `said` for people who read and for screen readers, `error` where it was refused. */
export type Outcome = { said?: string; error?: string; at?: number }

/** Says what an action came to, and takes the focus: the button that was pressed may be gone. */
export function Announcement({ outcome }: { outcome: Outcome }) {
  const element = useRef<HTMLParagraphElement>(null)
  const { said, error, at } = outcome
  useEffect(() => {
    if (at) element.current?.focus()
  }, [at])
  return (
    <p
      ref={element}
      className={error ? "alert" : said ? "said" : undefined}
      role={error ? "alert" : "status"}
      tabIndex={-1}
    >
      {error ?? said}
    </p>
  )
}
