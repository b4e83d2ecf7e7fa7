import { Suspense } from "react"
import { ADA, adapter } from "../../adapter"

async function Name() {
  const user = await adapter.getUserByEmail(ADA)
  return <p>{`name: ${user?.name}`}</p>
}

export default () => (
  <Suspense fallback={<p>looking</p>}>
    <Name />
  </Suspense>
)
