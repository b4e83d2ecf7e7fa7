import { html, page } from "./html.js"

// The `?error=` that Auth.js comes back with, in words. https://authjs.dev/reference/core/errors
const errors = {
  __proto__: null,
  OAuthAccountNotLinked:
    "There is already an account with this e-mail address. Sign in as you did the first time, then link this one.",
  AccountNotLinked: "That one already belongs to another account.",
  Verification: "This link has been used already, or it is too old. Ask for a new one.",
  OAuthCallbackError: "The identity provider did not sign you in, or you cancelled there.",
  AccessDenied: "You may not sign in that way.",
  Configuration: "The app could not reach its database or the identity provider. Please try again in a moment.",
  MissingCSRF: "This page was too old. Please try again.",
  WebAuthnVerificationError: "The passkey could not be verified.",
}

// The same, to a person who is signed in: all but an old link comes from linking an account.
const linkingErrors = {
  ...errors,
  OAuthAccountNotLinked: "That one already belongs to another account.",
  OAuthCallbackError: "Nothing was linked: the identity provider refused, or you cancelled there.",
  AccessDenied: "Nothing was linked.",
  Verification: "That link has been used already, or it is too old. You are signed in.",
}

function alert(error, sentences = errors) {
  return (
    error &&
    html`<p class="alert" role="alert" tabindex="-1" autofocus>${sentences[error] ?? "That did not work. Please try again."}</p>`
  )
}

function navigation({ mails }) {
  return html`
    <header>
      <a class="brand" href="/">Express example</a>
      <nav><a href="/mailbox">Dev mailbox<span class="count" aria-label="${mails} mails">${mails}</span></a></nav>
    </header>`
}

/** The fields that every form posted to Auth.js carries. */
function authFields(csrfToken) {
  return html`
    <input type="hidden" name="csrfToken" value="${csrfToken}">
    <input type="hidden" name="callbackUrl" value="/">`
}

/** Passkeys need the browser's help: public/passkey.js fills in `data` and posts the form. */
function passkeyForm({ action, csrfToken, label, style }) {
  return html`
    <form method="post" action="/auth/callback/passkey" data-passkey="${action}">
      ${authFields(csrfToken)}
      <input type="hidden" name="action" value="${action}">
      <input type="hidden" name="data">
      <button class="${style}">${label}</button>
      <p class="quiet" role="status"></p>
    </form>`
}

export function signInPage({ csrfToken, error, mails }) {
  return page({
    title: "Sign in",
    script: "/passkey.js",
    nav: navigation({ mails }),
    main: html`
      <section class="card narrow">
        <h1>Sign in</h1>
        ${alert(error)}
        <form method="post" action="/auth/signin/nodemailer">
          ${authFields(csrfToken)}
          <label>E-mail
            <input type="email" name="email" autocomplete="email" placeholder="ada@example.com" required autofocus>
          </label>
          <button>Send me a link</button>
        </form>
        <div class="or">or</div>
        <form method="post" action="/auth/signin/local">
          ${authFields(csrfToken)}
          <button class="secondary">Continue with OpenID Connect</button>
        </form>
        ${passkeyForm({ action: "authenticate", csrfToken, label: "Sign in with a passkey", style: "secondary" })}
        <p class="quiet">No passkey yet? Sign in another way, then add one to your account.</p>
      </section>`,
  })
}

export function sentPage({ mails }) {
  return page({
    title: "Check your e-mail",
    nav: navigation({ mails }),
    main: html`
      <section class="card narrow">
        <h1>Check your e-mail</h1>
        <p>We sent you a link that signs you in. It works once, within a day.</p>
        <a class="button" href="/mailbox">Open the dev mailbox</a>
      </section>`,
  })
}

export function mailboxPage({ mails }) {
  return page({
    title: "Dev mailbox",
    nav: navigation({ mails: mails.length }),
    main: html`
      <h1>Dev mailbox</h1>
      <p class="quiet">Every mail this app sends ends here, whoever it is addressed to.</p>
      ${mails.length === 0 && html`<p class="card empty">No mail yet.</p>`}
      ${mails.map(mail)}`,
  })
}

function mail({ from, to, subject, date, text }) {
  return html`
    <article class="card">
      <h2>${subject}</h2>
      <dl>
        <dt>To</dt><dd>${to}</dd>
        <dt>From</dt><dd>${from}</dd>
        <dt>Sent</dt><dd>${time(date)}</dd>
      </dl>
      <p class="text">${withLinks(text ?? "")}</p>
    </article>`
}

function withLinks(text) {
  return text
    .trim()
    .split(/(https?:\/\/\S+)/)
    .map((part, i) => (i % 2 ? html`<a href="${part}">${part}</a>` : part))
}

export function accountPage({ session, account, passkeys, csrfToken, error, mails }) {
  const { user } = session
  return page({
    title: "Your account",
    script: "/passkey.js",
    nav: navigation({ mails }),
    main: html`
      ${alert(error, linkingErrors)}
      <section class="card">
        <div class="title">
          <h1>${user.name ?? user.email}</h1>
          <form method="post" action="/auth/signout">
            ${authFields(csrfToken)}
            <button class="secondary">Sign out</button>
          </form>
        </div>
        <dl>
          <dt>E-mail</dt><dd>${user.email}</dd>
          <dt>Verified</dt><dd>${user.emailVerified ? time(user.emailVerified) : "not by a link of ours"}</dd>
          <dt>User id</dt><dd><code>${user.id}</code></dd>
          <dt>Signed in until</dt><dd>${time(session.expires)}</dd>
        </dl>
      </section>

      <section class="card">
        <h2>Linked accounts</h2>
        <ul class="list">
          <li>
            <div>
              <strong>Local identity provider</strong>
              <span class="quiet">${account ? html`as ${account.providerAccountId}` : "not linked"}</span>
            </div>
            ${
              !account &&
              html`
              <form method="post" action="/auth/signin/local?${new URLSearchParams({ login_hint: user.email })}">
                ${authFields(csrfToken)}
                <button class="secondary">Link</button>
              </form>`
            }
          </li>
        </ul>
      </section>

      <section class="card">
        <h2>Passkeys</h2>
        <ul class="list">
          ${passkeys.length === 0 && html`<li class="quiet">None yet.</li>`}
          ${passkeys.map(passkey)}
        </ul>
        ${passkeyForm({ action: "register", csrfToken, label: "Add a passkey" })}
      </section>`,
  })
}

function passkey({ credentialID, credentialBackedUp, counter }) {
  return html`
    <li>
      <div>
        <strong>${credentialBackedUp ? "Synced passkey" : "Passkey on one device"}</strong>
        <span class="quiet"><code>${credentialID.slice(0, 16)}…</code> · signature counter ${counter}</span>
      </div>
    </li>`
}

function time(date) {
  const iso = new Date(date).toISOString()
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace("T", " ")} UTC</time>`
}
