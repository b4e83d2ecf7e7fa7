import { startAuthentication, startRegistration } from "/simplewebauthn/index.js"

const ceremonies = { authenticate: startAuthentication, register: startRegistration }

const messages = {
  NotAllowedError: "Cancelled, or no passkey for this site on this device.",
  InvalidStateError: "This device has a passkey of yours already.",
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const action = form.dataset.passkey
  const status = form.querySelector("[role=status]")

  form.addEventListener("submit", async (event) => {
    event.preventDefault()
    status.textContent = "Waiting for your passkey …"
    try {
      const answer = await fetch(`/auth/webauthn-options/passkey?action=${action}`)
      if (!answer.ok) throw new Error(`The server answered ${answer.status}.`)
      const { options } = await answer.json()
      form.elements.data.value = JSON.stringify(await ceremonies[action](options))
      form.submit() // does not come back here
    } catch (error) {
      status.textContent = messages[error.name] ?? error.message
    }
  })
}
