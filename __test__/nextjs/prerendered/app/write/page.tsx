import { Suspense } from "react"
import { ADA, adapter } from "../../adapter"

async function Name() {
  const session = await adapter.updateSession({ sessionToken: "token", expires: new Date(1_900_000_000_000) })
  return <p>{`name: ${session && "Ada"} ${ADA}`}</p>
}

export default () => (
  <Suspense fallback={<p>looking</p>}>
    <Name />
  </Suspense>
)
