// How long a run takes and how much it asks for.
export const full = {
  rounds: 5,
  startUps: 5,
  milliseconds: 500,
  warmUp: 300,
  portion: 500,
  memoryCalls: 10_000,
  longCalls: 1_000_000,
  users: 10_000,
  sessions: 10_000,
}

/** For a first look, under two minutes: too short to be quoted. */
export const quick = {
  rounds: 3,
  startUps: 2,
  milliseconds: 40,
  warmUp: 40,
  portion: 64,
  memoryCalls: 3000,
  longCalls: 30_000,
  users: 10_000,
  sessions: 10_000,
}
