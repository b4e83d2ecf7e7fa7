import NextAuth from "next-auth"
import { RustAdapter } from "rust-auth-adapter"

export const { handlers, auth } = NextAuth({
  adapter: RustAdapter(process.env.DATABASE_URL),
  session: { strategy: "jwt" },
  providers: [
    {
      id: "company",
      name: "Company",
      type: "oidc",
      issuer: process.env.COMPANY_ISSUER,
      clientId: process.env.COMPANY_ID,
      clientSecret: process.env.COMPANY_SECRET,
    },
  ],
  pages: { signIn: "/sign-in" },
})
