// What has to hold after every round.
import assert from "node:assert/strict"

/** Connections and their logs, of ours and of the other copy: some dozen, after any work. */
const MOST_DESCRIPTORS = 40

export function judge(result) {
  assert.deepEqual(result.wrong, [], "a process ended as it should not")
  assert.equal(result.integrity, "ok")
  assert.ok(result.acknowledged > 0, "nothing was written")
  assert.equal(result.lost, 0, `${result.lost} of ${result.acknowledged} lost, ${result.example} for instance`)
  if (result.waits) assert.equal(result.busy, 0, `${result.busy} found the lock taken, of which each had to wait`)
  assert.ok(result.descriptors <= MOST_DESCRIPTORS, `${result.descriptors} descriptors`)
}
