/** Whether what `ask` returns settles before any event can happen: only a call that was answered on the spot does. */
export async function isAnsweredAtOnce(ask) {
  // Each 256th answer on the spot waits for a turn of the event loop, so that a loop of them cannot starve it.
  for (let attempt = 0; attempt < 2; attempt++) {
    const promise = ask()
    let settled = false
    promise.then(
      () => (settled = true),
      () => (settled = true),
    )
    for (let turn = 0; turn < 100; turn++) await null
    const atOnce = settled
    await promise
    if (atOnce) return true
  }
  return false
}
