// What a database refuses, for the tests of both faces: columns that an application has added to a table, and values that they do not
// take. `columns` and `value` may differ by database; a database that has no such column is left out.

const by = (sqlite, postgres, mysql) => ({ sqlite, postgres, mysql })

/** Statements before and after the columns are added. */
export const prelude = {
  sqlite: [`CREATE TABLE "team" ("id" varchar(20) PRIMARY KEY)`],
  postgres: [
    `CREATE TABLE "team" ("id" varchar(20) PRIMARY KEY)`,
    `CREATE TYPE "tone" AS ENUM ('soft', 'loud')`,
    `CREATE TYPE "pitch" AS ENUM ('low', 'high')`,
    `CREATE DOMAIN "handle" AS text CHECK (VALUE <> 'forbidden')`,
  ],
  mysql: [`CREATE TABLE "team" ("id" varchar(20) COLLATE utf8mb4_bin PRIMARY KEY) DEFAULT CHARACTER SET utf8mb4`],
}

/** The columns, which all may be null but one. Of each type that a message may name there are two. */
export const columns = by(
  {
    nick: "varchar(5) UNIQUE",
    teamId: `varchar(20) REFERENCES "team" ("id")`,
    must: "varchar(20) NOT NULL DEFAULT 'x'",
    polite: "varchar(20) CHECK (\"polite\" <> 'forbidden')",
  },
  {
    nick: "varchar(5) UNIQUE",
    short: "varchar(5)",
    shorter: "varchar(4)",
    fixed: "char(5)",
    age: "smallint",
    price: "numeric(4,1)",
    key: "uuid",
    born: "date",
    wakes: "time",
    tone: '"tone"',
    pitch: '"pitch"',
    from: "inet",
    grip: '"handle"',
    teamId: `varchar(20) REFERENCES "team" ("id")`,
    must: "varchar(20) NOT NULL DEFAULT 'x'",
    data: "json",
  },
  {
    nick: "varchar(5) UNIQUE",
    short: "varchar(5)",
    shorter: "varchar(4)",
    fixed: "char(5)",
    age: "smallint",
    price: "decimal(4,1)",
    born: "date",
    wakes: "time",
    tone: "enum('soft','loud')",
    tones: "set('soft','loud')",
    plain: "varchar(20) CHARACTER SET ascii",
    seen: "timestamp NULL",
    teamId: "varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    must: "varchar(20) NOT NULL DEFAULT 'x'",
  },
)

/** After the columns: what an ALTER TABLE of MySQL's does not take with the column. */
export const keys = by([], [], (table) => [
  `ALTER TABLE "${table}" ADD CONSTRAINT "of_team" FOREIGN KEY ("teamId") REFERENCES "team" ("id")`,
])

const long = "far-too-long-a-text-of-the-caller"

/** Field, value, code: of each, the error names the table and the field. */
export const refused = by(
  [
    ["nick", "taken", "ERR_UNIQUE"],
    ["teamId", long, "ERR_FOREIGN_KEY"],
    ["must", null, "ERR_NOT_NULL"],
  ],
  [
    ["nick", "taken", "ERR_UNIQUE"],
    ["nick", long, "ERR_INVALID_VALUE"],
    ["short", long, "ERR_INVALID_VALUE"],
    ["shorter", "12345", "ERR_INVALID_VALUE"],
    ["fixed", long, "ERR_INVALID_VALUE"],
    ["age", 40_000, "ERR_INVALID_VALUE"],
    ["price", "123456.5", "ERR_INVALID_VALUE"],
    ["price", "a lot", "ERR_INVALID_VALUE"],
    ["key", long, "ERR_INVALID_VALUE"],
    ["born", "the other day", "ERR_INVALID_VALUE"],
    ["born", "2030-13-45", "ERR_INVALID_VALUE"],
    ["wakes", "too early", "ERR_INVALID_VALUE"],
    ["tone", "shrill-and-loud", "ERR_INVALID_VALUE"],
    ["pitch", "shrill-and-loud", "ERR_INVALID_VALUE"],
    ["from", "far-away-from-here", "ERR_INVALID_VALUE"],
    ["grip", "forbidden", "ERR_DATABASE"],
    ["teamId", "no-such-team", "ERR_FOREIGN_KEY"],
    ["must", null, "ERR_NOT_NULL"],
  ],
  [
    ["nick", "taken", "ERR_UNIQUE"],
    ["nick", long, "ERR_INVALID_VALUE"],
    ["short", long, "ERR_INVALID_VALUE"],
    ["shorter", "12345", "ERR_INVALID_VALUE"],
    ["fixed", long, "ERR_INVALID_VALUE"],
    ["age", 40_000, "ERR_INVALID_VALUE"],
    ["price", "123456.5", "ERR_INVALID_VALUE"],
    ["price", "a lot", "ERR_INVALID_VALUE"],
    ["born", "the other day", "ERR_INVALID_VALUE"],
    ["born", "2030-13-45", "ERR_INVALID_VALUE"],
    ["wakes", "too early", "ERR_INVALID_VALUE"],
    ["tone", "shrill-and-loud", "ERR_INVALID_VALUE"],
    ["tones", "shrill-and-loud", "ERR_INVALID_VALUE"],
    ["plain", "naïve-and-more-so", "ERR_INVALID_VALUE"],
    ["seen", new Date("9000-01-01"), "ERR_INVALID_VALUE"],
    ["teamId", "no-such-team", "ERR_FOREIGN_KEY"],
    ["must", null, "ERR_NOT_NULL"],
  ],
)

/** Adds the columns to `table`, by `rows`, which runs one statement. */
export async function addColumns(rows, name, table) {
  for (const statement of prelude[name]) await rows(statement)
  for (const [column, type] of Object.entries(columns[name])) {
    const unique = name === "sqlite" && type.endsWith(" UNIQUE")
    await rows(`ALTER TABLE "${table}" ADD COLUMN "${column}" ${unique ? type.replace(" UNIQUE", "") : type}`)
    if (unique) await rows(`CREATE UNIQUE INDEX "${table}_${column}" ON "${table}" ("${column}")`)
  }
  if (name === "mysql") for (const statement of keys.mysql(table)) await rows(statement)
}

/** A value of every column that fits, so that none is named for being the only one. */
export const fitting = {
  sqlite: { nick: "ok", must: "y", polite: "yes" },
  postgres: {
    nick: "ok",
    short: "ok",
    shorter: "ok",
    fixed: "ok",
    age: 5,
    price: "1.5",
    key: "0e984725-c51c-4bf4-9960-e1c80e27aba0",
    born: "2030-01-02",
    wakes: "06:00:00",
    tone: "soft",
    pitch: "low",
    from: "10.0.0.1",
    grip: "firm",
    must: "y",
  },
  mysql: {
    nick: "ok",
    short: "ok",
    shorter: "ok",
    fixed: "ok",
    age: 5,
    price: "1.5",
    born: "2030-01-02",
    wakes: "06:00:00",
    tone: "soft",
    tones: "soft,loud",
    plain: "plain",
    seen: new Date("2030-01-01"),
    must: "y",
  },
}
