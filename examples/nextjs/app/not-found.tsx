import Link from "next/link"

export default function NotFound() {
  return (
    <section className="card narrow">
      <h1>There is no such page</h1>
      <p className="quiet">It may have moved, or the address has a typing error.</p>
      <Link className="button" href="/account">
        To your account
      </Link>
    </section>
  )
}
