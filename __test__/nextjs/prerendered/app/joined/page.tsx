import { Suspense } from "react"
import { adapter } from "../../adapter"

async function Name() {
  const found = await adapter.getSessionAndUser("token")
  return <p>{`name: ${found?.user.name}`}</p>
}

export default () => (
  <Suspense fallback={<p>looking</p>}>
    <Name />
  </Suspense>
)
