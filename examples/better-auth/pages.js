import { html, page } from "../express/html.js"

// The codes that Better Auth answers with, in words.
const errors = {
  __proto__: null,
  INVALID_EMAIL_OR_PASSWORD: "There is no account with this e-mail address and password.",
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: "There is already an account with this e-mail address.",
  PASSWORD_TOO_SHORT: "A password has at least 8 characters.",
  PASSWORD_TOO_LONG: "A password has at most 128 characters.",
  INVALID_EMAIL: "This is no e-mail address.",
  INVALID_TOKEN: "This link has been used already, or it is too old. Ask for a new one.",
  429: "Too many tries. Wait a little.",
}
const notices = {
  __proto__: null,
  revoked: "That device is signed out.",
  alone: "All other devices are signed out.",
  renamed: "Your name is changed.",
  sent: "If there is such an account, a letter is in the dev mailbox.",
  reset: "Your password is changed. Sign in with the new one.",
}

/** What a form came to. It has the focus, so that it is read out first. */
const message = ({ notice, error }) => [
  error &&
    html`<p class="alert" role="alert" tabindex="-1" autofocus>${errors[error] ?? "That did not work. Please try again."}</p>`,
  notices[notice] && html`<p class="card" role="status" tabindex="-1" autofocus>${notices[notice]}</p>`,
]

const navigation = ({ mails }) => html`
  <header>
    <a class="brand" href="/">Better Auth example</a>
    <nav><a href="/mailbox">Dev mailbox<span class="count" aria-label="${mails} letters">${mails}</span></a></nav>
  </header>`

const password = ({ name = "password", label = "Password", autocomplete = "current-password" } = {}) => html`
  <label>${label}
    <input type="password" name="${name}" autocomplete="${autocomplete}" minlength="8" maxlength="128" required>
  </label>`
const email = (autofocus) => html`
  <label>E-mail
    <input type="email" name="email" autocomplete="email" placeholder="ada@example.com" required ${autofocus && html`autofocus`}>
  </label>`

export const signInPage = (view) =>
  page({
    title: "Sign in",
    nav: navigation(view),
    main: html`
    ${message(view)}
    <section class="card narrow">
      <h1>Sign in</h1>
      <form method="post" action="/sign-in">
        ${email(true)}
        ${password()}
        <button>Sign in</button>
      </form>
      <a href="/forgot">Forgot your password?</a>
    </section>
    <section class="card narrow">
      <h2>New here?</h2>
      <form method="post" action="/sign-up">
        <label>Name
          <input name="name" autocomplete="name" maxlength="100" required>
        </label>
        ${email()}
        ${password({ autocomplete: "new-password" })}
        <button class="secondary">Create an account</button>
      </form>
    </section>`,
  })

export const forgotPage = (view) =>
  page({
    title: "Forgot your password?",
    nav: navigation(view),
    main: html`
    <section class="card narrow">
      <h1>Forgot your password?</h1>
      <p class="quiet">We send you a link to choose a new one.</p>
      <form method="post" action="/forgot">
        ${email(true)}
        <button>Send me a link</button>
      </form>
    </section>`,
  })

export const resetPage = (view) =>
  page({
    title: "Choose a new password",
    nav: navigation(view),
    main: html`
    ${message(view)}
    <section class="card narrow">
      <h1>Choose a new password</h1>
      <p class="quiet">You are then signed out everywhere.</p>
      <form method="post" action="/reset">
        <input type="hidden" name="token" value="${view.token}">
        ${password({ name: "newPassword", label: "New password", autocomplete: "new-password" })}
        <button>Change it</button>
      </form>
    </section>`,
  })

export const mailboxPage = ({ mailbox }) =>
  page({
    title: "Dev mailbox",
    nav: navigation({ mails: mailbox.length }),
    main: html`
    <h1>Dev mailbox</h1>
    <p class="quiet">Every letter of this app ends here, whoever it is addressed to.</p>
    ${mailbox.length === 0 && html`<p class="card empty">No letter yet.</p>`}
    ${mailbox.map(
      ({ to, subject, date, link }) => html`
      <article class="card">
        <h2>${subject}</h2>
        <dl><dt>To</dt><dd>${to}</dd><dt>Sent</dt><dd>${time(date)}</dd></dl>
        <p class="text"><a href="${link}">${link}</a></p>
      </article>`,
    )}`,
  })

export const accountPage = (view) =>
  page({
    title: "Your account",
    nav: navigation(view),
    main: html`
    ${message(view)}
    <section class="card">
      <div class="title">
        <h1>${view.user.name}</h1>
        <form method="post" action="/sign-out"><button class="secondary">Sign out</button></form>
      </div>
      <dl>
        <dt>E-mail</dt><dd>${view.user.email}</dd>
        <dt>User id</dt><dd><code>${view.user.id}</code></dd>
        <dt>Signed in until</dt><dd>${time(view.session.expiresAt)}</dd>
      </dl>
      <form method="post" action="/rename">
        <label>Name
          <input name="name" value="${view.user.name}" autocomplete="name" maxlength="100" required>
        </label>
        <button class="secondary">Change</button>
      </form>
    </section>

    <section class="card">
      <h2>Devices</h2>
      <ul class="list">${devices(view)}</ul>
      ${
        view.sessions.length > 1 &&
        html`
        <form method="post" action="/revoke-others"><button>Sign out all others</button></form>`
      }
    </section>`,
  })

/** This device first, the others by when they were last used. */
function devices({ sessions, session }) {
  const here = ({ token }) => token === session.token
  const ordered = sessions.toSorted((a, b) => here(b) - here(a) || b.updatedAt - a.updatedAt)
  return ordered.map(
    (each) => html`
    <li>
      <div>
        <strong>${deviceName(each.userAgent)}${here(each) && " (this device)"}</strong>
        <span class="quiet">Last used ${time(each.updatedAt, "since")} · ${each.ipAddress || "address unknown"}</span>
      </div>
      ${
        !here(each) &&
        html`
        <form method="post" action="/revoke">
          <input type="hidden" name="token" value="${each.token}">
          <button class="secondary">Sign out</button>
        </form>`
      }
    </li>`,
  )
}

// The more particular words come first: Edge says that it is Chrome, too, Chrome that it is Safari, and Android that it is Linux.
const browsers = "Edg:Edge OPR:Opera Firefox:Firefox FxiOS:Firefox Chrome:Chrome CriOS:Chrome Safari:Safari"
const systems = "Android:Android iPhone:iPhone iPad:iPad Windows:Windows Mac:macOS CrOS:ChromeOS Linux:Linux"

/** "Chrome on Linux", by what a browser says of itself. */
function deviceName(userAgent) {
  const named = (list) => {
    const pairs = list.split(" ").map((pair) => pair.split(":"))
    return pairs.find(([word]) => userAgent?.includes(word))?.[1]
  }
  return [named(browsers) ?? "Unknown browser", named(systems)].filter(Boolean).join(" on ")
}

/** A moment; `since` asks the browser to say how long ago it was. */
function time(date, since) {
  const iso = new Date(date).toISOString()
  return html`<time datetime="${iso}" ${since && html`data-since`}>${iso.slice(0, 16).replace("T", " ")} UTC</time>`
}
