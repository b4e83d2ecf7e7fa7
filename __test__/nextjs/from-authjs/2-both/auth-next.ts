import { betterAuth } from "better-auth"
import { genericOAuth } from "better-auth/plugins"
import { continueAuthjsSessions, rustAdapter } from "rust-auth-adapter/better-auth"

export const auth = betterAuth({
  basePath: "/api/better-auth",
  database: rustAdapter(process.env.DATABASE_URL, { tables: "authjs" }),
  session: { freshAge: 0 }, // lets sessions be listed that Auth.js opened
  plugins: [
    genericOAuth({
      config: [
        {
          providerId: "company",
          discoveryUrl: `${process.env.COMPANY_ISSUER}/.well-known/openid-configuration`,
          clientId: process.env.COMPANY_ID ?? "",
          clientSecret: process.env.COMPANY_SECRET,
          authentication: "basic",
          scopes: ["openid", "profile", "email"],
        },
      ],
    }),
    continueAuthjsSessions({ secret: process.env.AUTH_SECRET }),
  ],
})
