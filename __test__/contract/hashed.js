// The contract once more with hashes in the place of session tokens, as far as it is about sessions.
import { databases } from "../databases.js"
import { contract } from "./suite.js"

const lookUps = [
  "sessions",
  "devices",
  "the caller's arguments",
  "exact matching",
  "concurrency",
  "what a write returns",
]

const concerns = {
  "accept-hashed": lookUps,
  hashed: [
    ...lookUps,
    "pruning",
    "dates",
    "first calls",
    "own tables with other columns",
    "missing foreign keys",
    "missing unique keys",
    "dropped rows",
    "deletes that the database replaces",
    "rows that triggers change afterwards",
    "hostile arguments",
    "orphans",
    "passwords",
  ],
  "hashed-only": lookUps,
}

/** `lane`: the name of the database. */
export function hashedContract(lane) {
  for (const database of databases.filter(({ name }) => name === lane)) {
    for (const [sessionTokens, only] of Object.entries(concerns)) {
      contract({ ...database, options: { sessionTokens } }, `${lane} with sessionTokens: "${sessionTokens}"`, only)
    }
  }
}
