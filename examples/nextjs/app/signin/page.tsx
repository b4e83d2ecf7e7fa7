import type { Metadata } from "next"
import Link from "next/link"
import { redirect } from "next/navigation"
import { auth, identityProviders, signIn } from "@/auth"
import { PasskeyButton } from "@/components/passkey-button"
import { SubmitButton } from "@/components/submit-button"

export const metadata: Metadata = { title: "Sign in" }

// The `?error=` that Auth.js comes back with, in words. https://authjs.dev/reference/core/errors
const errors = new Map([
  [
    "OAuthAccountNotLinked",
    "There is already an account with this e-mail address. Sign in as you did the first time, then link this one.",
  ],
  ["Verification", "This link has been used already, or it is too old. Ask for a new one."],
  ["OAuthCallbackError", "The identity provider did not sign you in."],
])

/** Only pages of this app: an address in a link must not send people elsewhere. */
const ownPage = (from: unknown) => (typeof from === "string" && /^\/account[\w/-]*$/.test(from) ? from : "/account")

export default async function SignIn({ searchParams }: PageProps<"/signin">) {
  const { error, from } = await searchParams
  const to = ownPage(from)
  if (await auth()) {
    // Somebody who is signed in and comes back with an error was about to link an account.
    redirect(error ? `/account/links?error=${encodeURIComponent(String(error))}` : to)
  }

  async function byMail(form: FormData) {
    "use server"
    await signIn("nodemailer", { email: form.get("email"), redirectTo: to })
  }
  async function byProvider(form: FormData) {
    "use server"
    await signIn(String(form.get("provider")), { redirectTo: to })
  }

  return (
    <section className="card narrow">
      <h1>Sign in</h1>
      {error && (
        <p className="alert" role="alert">
          {errors.get(String(error)) ?? "That did not work. Please try again."}
        </p>
      )}
      <form className="stack" action={byMail}>
        <label>
          E-mail
          <input
            type="email"
            name="email"
            autoComplete="email webauthn"
            placeholder="ada@example.com"
            required
            autoFocus
          />
        </label>
        <SubmitButton>Send me a link</SubmitButton>
      </form>
      <div className="or">or</div>
      {identityProviders.map(({ id, name }) => (
        <form key={id} action={byProvider}>
          <input type="hidden" name="provider" value={id} />
          <SubmitButton className="secondary wide">Continue with {name}</SubmitButton>
        </form>
      ))}
      <PasskeyButton action="authenticate" label="Sign in with a passkey" to={to} />
      <Link className="button secondary wide" href={`/signin/password?from=${encodeURIComponent(to)}`}>
        Use a password
      </Link>
      <p className="quiet">No passkey yet? Sign in another way, then add one to your account.</p>
    </section>
  )
}
