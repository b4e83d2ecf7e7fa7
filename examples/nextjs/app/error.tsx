"use client"

export default function ErrorPage({ reset }: { reset: () => void }) {
  return (
    <section className="card narrow">
      <h1>That did not work</h1>
      <p className="quiet">Something on our side failed. Nothing of yours is lost.</p>
      <button type="button" onClick={reset}>
        Try again
      </button>
    </section>
  )
}
