// biome-ignore-all lint/style/noNonNullAssertion: as an application has it.
// biome-ignore-all lint/suspicious/noExplicitAny: as an application has it.
// biome-ignore-all lint/complexity/useOptionalChain: as an application has it.
import NextAuth from "next-auth"
import { RustAdapter } from "rust-auth-adapter"
import { credentials } from "rust-auth-adapter/credentials"
import { prisma } from "@/lib/prisma"

import GitHub from "next-auth/providers/github"
import Credentials from "next-auth/providers/credentials"
import bcrypt from "bcryptjs"

export const adapter = RustAdapter(process.env.DATABASE_URL)

export const { handlers, auth, signIn, signOut } = NextAuth({
  adapter,
  ...credentials(adapter),
  session: {
    strategy: "database", // Use database sessions
    maxAge: 30 * 24 * 60 * 60, // 30 days
    updateAge: 24 * 60 * 60, // 24 hours
  },
  providers: [
    GitHub({
      clientId: process.env.GITHUB_ID!,
      clientSecret: process.env.GITHUB_SECRET!,
    }),
    Credentials({
      name: "credentials",
      credentials: {
        email: { label: "Email", type: "email" },
        password: { label: "Password", type: "password" },
      },
      async authorize(credentials) {
        if (!credentials?.email || !credentials?.password) {
          return null
        }

        const user = await prisma.user.findUnique({
          where: { email: credentials.email as string },
        })

        if (!user || !user.password) {
          return null
        }

        const isValid = await bcrypt.compare(credentials.password as string, user.password)

        if (!isValid) {
          return null
        }

        return {
          id: user.id,
          email: user.email,
          name: user.name,
          image: user.image,
          role: user.role,
        }
      },
    }),
  ],
  callbacks: {
    async session({ session, user }) {
      // With database sessions, user is the database user
      if (session.user) {
        session.user.id = user.id
        session.user.role = (user as any).role
      }
      return session
    },
  },
})
