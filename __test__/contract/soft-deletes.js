// Tables whose rows are not deleted by a DELETE: they are hidden by a view instead, or stay.

const quoted = (names) => names.map((name) => `"${name}"`).join(", ")
const equal = (key, one, other) => key.map((name) => `${one}"${name}" = ${other}"${name}"`).join(" AND ")

async function marked(rows, table, key) {
  await rows(`ALTER TABLE "${table}" RENAME TO "${table}_all"`)
  await rows(`ALTER TABLE "${table}_all" ADD COLUMN "goneAt" varchar(40)`)
  await rows(`CREATE VIEW "${table}" AS SELECT * FROM "${table}_all" WHERE "goneAt" IS NULL`)
  return `UPDATE "${table}_all" SET "goneAt" = 'now' WHERE ${equal(key, "", "OLD.")}`
}

/** SQLite's views are written to by triggers alone. `deletes` makes the DELETE's of the statement that marks a row. */
async function triggered(rows, table, key, deletes) {
  const columns = (await rows(`SELECT name FROM pragma_table_info('${table}')`)).map(({ name }) => name)
  const mark = await marked(rows, table, key)
  const news = columns.map((name) => `NEW."${name}"`).join(", ")
  const set = columns.map((name) => `"${name}" = NEW."${name}"`).join(", ")
  for (const [verb, work] of [
    ["INSERT", `INSERT INTO "${table}_all" (${quoted(columns)}) VALUES (${news})`],
    ["UPDATE", `UPDATE "${table}_all" SET ${set} WHERE ${equal(key, "", "OLD.")}`],
    ["DELETE", deletes(mark)],
  ])
    await rows(`CREATE TRIGGER "${table}_${verb}" INSTEAD OF ${verb} ON "${table}" BEGIN ${work}; END`)
}

/** By database, kind: makes a view of `table` that hides what is deleted. `key` names its rows. */
export const soft = {
  postgres: {
    "a rule on a view marks the row": async (rows, table, key) => {
      const mark = await marked(rows, table, key)
      await rows(`CREATE RULE soft AS ON DELETE TO "${table}" DO INSTEAD ${mark}`)
    },
    "a rule on the table behind a view marks the row": async (rows, table, key) => {
      const mark = await marked(rows, table, key)
      await rows(`CREATE RULE soft AS ON DELETE TO "${table}_all" DO INSTEAD ${mark}`)
    },
    "a rule on a view notes that the row is gone, and leaves it alone": async (rows, table, key) => {
      await rows(`ALTER TABLE "${table}" RENAME TO "${table}_all"`)
      await rows(`CREATE TABLE "${table}_gone" AS SELECT ${quoted(key)} FROM "${table}_all" WHERE false`)
      await rows(`CREATE VIEW "${table}" AS SELECT * FROM "${table}_all" a
        WHERE NOT EXISTS (SELECT FROM "${table}_gone" g WHERE ${equal(key, "a.", "g.")})`)
      await rows(`CREATE RULE soft AS ON DELETE TO "${table}" DO INSTEAD
        INSERT INTO "${table}_gone" VALUES (${key.map((name) => `OLD."${name}"`).join(", ")})`)
    },
    "a view's trigger marks the row, and answers nothing": async (rows, table, key) => {
      const mark = await marked(rows, table, key)
      const name = `soft_${table}`
      await rows(
        `CREATE FUNCTION "${name}"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${mark}; RETURN NULL; END $$`,
      )
      await rows(`CREATE TRIGGER soft INSTEAD OF DELETE ON "${table}" FOR EACH ROW EXECUTE FUNCTION "${name}"()`)
    },
  },
  sqlite: {
    "a view's trigger marks the row": (rows, table, key) => triggered(rows, table, key, (mark) => mark),
  },
}

/** By database: makes a DELETE from `table` do nothing, without a word. */
export const instead = {
  postgres: (rows, table) => rows(`CREATE RULE "keep" AS ON DELETE TO "${table}" DO INSTEAD NOTHING`),
  sqlite: (rows, table, key) => triggered(rows, table, key, () => "SELECT 1"),
}
