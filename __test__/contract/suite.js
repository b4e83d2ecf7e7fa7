// The contract: what holds on every database. Written from what Auth.js calls and reads, not from what the adapter does.
import { describe } from "node:test"
import { accounts } from "./accounts.js"
import { afterTriggers } from "./after-triggers.js"
import { altered } from "./altered.js"
import { alteredMeanwhile } from "./altered-meanwhile.js"
import { callersArguments } from "./arguments.js"
import { authenticators } from "./authenticators.js"
import { badInput } from "./bad-input.js"
import { changingTables } from "./changing-tables.js"
import { concurrency } from "./concurrency.js"
import { dates } from "./dates.js"
import { devices } from "./devices.js"
import { doubled } from "./doubled.js"
import { droppedRows } from "./dropped-rows.js"
import { encryption } from "./encryption.js"
import { exactMatching } from "./exact-matching.js"
import { firstCalls } from "./first-calls.js"
import { hostile } from "./hostile.js"
import { deletingWithTriggers } from "./deleting-with-triggers.js"
import { missingForeignKeys } from "./missing-foreign-keys.js"
import { missingKeys } from "./missing-keys.js"
import { namedErrors } from "./named-errors.js"
import { orphans } from "./orphans.js"
import { ownColumns } from "./own-columns.js"
import { passwords } from "./passwords.js"
import { pruning } from "./pruning.js"
import { refusedValues } from "./refused-values.js"
import { replacedDeletes } from "./replaced-deletes.js"
import { returned } from "./returned.js"
import { sessions } from "./sessions.js"
import { storedByOthers } from "./stored-by-others.js"
import { tokens } from "./tokens.js"
import { users } from "./users.js"
import { verificationTokens } from "./verification-tokens.js"

const concerns = {
  users,
  accounts,
  sessions,
  devices,
  pruning,
  "verification tokens": verificationTokens,
  authenticators,
  dates,
  "the caller's arguments": callersArguments,
  "first calls": firstCalls,
  "exact matching": exactMatching,
  "altered tables": altered,
  "tables altered meanwhile": alteredMeanwhile,
  "own tables with other columns": ownColumns,
  "tables that change": changingTables,
  "what errors name": namedErrors,
  "what errors name of values": refusedValues,
  "missing foreign keys": missingForeignKeys,
  "deletions that rules and triggers hear of": deletingWithTriggers,
  "missing unique keys": missingKeys,
  "doubled rows": doubled,
  "dropped rows": droppedRows,
  "deletes that the database replaces": replacedDeletes,
  "rows that triggers change afterwards": afterTriggers,
  "bad input": badInput,
  "hostile arguments": hostile,
  "stored by others": storedByOthers,
  concurrency,
  orphans,
  passwords,
  "access tokens": tokens,
  "encrypted tokens": encryption,
  "what a write returns": returned,
}

/** `database`: a lane of `../databases.js`. `only`: these concerns. */
export function contract(database, name = database.name, only = Object.keys(concerns)) {
  describe(`the contract on ${name}`, () => {
    for (const concern of only) describe(concern, () => concerns[concern](database))
  })
}
