// Our tables with other foreign keys than ours, or none.
import assert from "node:assert/strict"
import { recreate } from "./recreate.js"

const children = ["account", "session", "authenticator"]

/** Each child's foreign key, dropped. */
export async function dropForeignKeys({ name, rows }) {
  if (name === "sqlite") {
    for (const table of children) await recreate(rows, table, [/ REFERENCES .user. \(.id.\) ON DELETE CASCADE/, ""])
  } else {
    const constraints =
      await rows(`SELECT table_name AS "table", constraint_name AS "name" FROM information_schema.table_constraints
      WHERE constraint_type = 'FOREIGN KEY' AND table_schema = ${name === "mysql" ? "DATABASE()" : "current_schema()"}`)
    assert.equal(constraints.length, children.length)
    const drop = name === "mysql" ? "DROP FOREIGN KEY" : "DROP CONSTRAINT"
    for (const constraint of constraints) await rows(`ALTER TABLE "${constraint.table}" ${drop} "${constraint.name}"`)
  }
  await takesOrphans({ name, rows })
}

/** It worked if the session of a user who is not there is let in. */
export async function takesOrphans({ name, rows }) {
  const expires = name === "sqlite" ? 0 : "'2031-01-01'"
  await rows(`INSERT INTO "session" ("sessionToken", "userId", "expires") VALUES ('t', 'nobody', ${expires})`)
  await rows(`DELETE FROM "session"`)
}

/** Each child's foreign key, with `action` in the place of ON DELETE CASCADE, and `more` after it. */
export async function changeForeignKeys({ name, rows }, action, more = "") {
  if (name === "sqlite") {
    for (const table of children) await recreate(rows, table, [/ON DELETE CASCADE/, action])
    return
  }
  await dropForeignKeys({ name, rows })
  for (const table of children) {
    await rows(
      `ALTER TABLE "${table}" ADD CONSTRAINT "${table}_changed" FOREIGN KEY ("userId") REFERENCES "user" ("id") ${action} ${more}`,
    )
  }
}
