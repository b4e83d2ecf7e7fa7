// What has to hold after every round.
import assert from "node:assert/strict"

/** Connections and their logs, of ours and of the other copy: some dozen, whatever they did. */
const MOST_DESCRIPTORS = 40

export function judge(result) {
  assert.deepEqual(result.wrong, [], "a process ended as it should not")
  assert.equal(result.integrity, "ok")
  assert.ok(result.acknowledged > 0, "nothing was written")
  assert.equal(result.lost, 0, `${result.lost} of ${result.acknowledged} lost, ${result.example} for instance`)
  assert.ok(result.descriptors <= MOST_DESCRIPTORS, `${result.descriptors} descriptors`)
}
