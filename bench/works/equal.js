import { isDeepStrictEqual, inspect } from "node:util"

/** Fast and wrong does not count. */
export function mustEqual(what, actual, expected) {
  if (isDeepStrictEqual(actual, expected)) return
  throw new Error(
    `${what} is not what every contestant has to answer:\n${inspect(actual)}\ninstead of\n${inspect(expected)}`,
  )
}
