"use client"

import Link from "next/link"
import { usePathname } from "next/navigation"

const pages = [
  ["/account", "Profile"],
  ["/account/devices", "Your devices"],
  ["/account/links", "Linked accounts"],
  ["/account/delete", "Delete account"],
] as const

export function Tabs() {
  const here = usePathname()
  return (
    <nav className="tabs" aria-label="Account">
      {pages.map(([path, name]) => (
        <Link key={path} href={path} aria-current={path === here ? "page" : undefined}>
          {name}
        </Link>
      ))}
    </nav>
  )
}
