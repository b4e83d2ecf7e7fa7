import type { Metadata, Viewport } from "next"
import type { ReactNode } from "react"
import { Header } from "@/components/header"
import "./globals.css"

export const metadata: Metadata = {
  title: { default: "Your account", template: "%s · Next.js example" },
  icons: { icon: "/icon.svg" },
}

export const viewport: Viewport = { colorScheme: "light dark" }

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <a className="skip" href="#main">
          Skip to content
        </a>
        <Header />
        <main id="main">{children}</main>
      </body>
    </html>
  )
}
