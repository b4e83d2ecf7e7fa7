import type { Metadata } from "next"
import Link from "next/link"
import { redirect } from "next/navigation"
import { refusedToSignIn } from "@/app/refusals"
import { auth, identityProviders, signIn } from "@/auth"
import { PasskeyButton } from "@/components/passkey-button"
import { SubmitButton } from "@/components/submit-button"

export const metadata: Metadata = { title: "Sign in" }

/** Only pages of this app: an address in a link must not send people elsewhere. */
const ownPage = (from: unknown) => (typeof from === "string" && /^\/account[\w/-]*$/.test(from) ? from : "/account")

export default async function SignIn({ searchParams }: PageProps<"/signin">) {
  const { error, from } = await searchParams
  const to = ownPage(from)
  if (await auth()) {
    // A person who is signed in and follows a link of before is where it led to; any other error comes from linking an account.
    if (error === "Verification") redirect("/account?error=Verification")
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
          {refusedToSignIn(error)}
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
