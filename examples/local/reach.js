/**
 * The first call of a database. One that cannot be reached or used is said now, in a sentence, and not at the first sign-in; the
 * process then ends.
 */
export async function reach(call) {
  try {
    return await call()
  } catch (error) {
    if (error.name !== "RustAdapterError") throw error
    console.error(`${error.code}: ${error.message}${error.cause ? `: ${error.cause.message}` : ""}`)
    process.exit(1)
  }
}
