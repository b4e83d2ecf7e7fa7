import { Suspense } from "react"
import { ADA, adapter } from "../../adapter"

async function Name() {
  // Several in a row, again and again, so that the package takes them for a crowd.
  let names: unknown[] = []
  for (let round = 0; round < 5; round++) {
    names = await Promise.all(Array.from({ length: 80 }, async () => (await adapter.getUserByEmail(ADA))?.name))
  }
  return <p>{`name: ${names[79]}`}</p>
}

export default () => (
  <Suspense fallback={<p>looking</p>}>
    <Name />
  </Suspense>
)
