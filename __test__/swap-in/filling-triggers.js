// Triggers that fill columns before a row is stored.

/** The statements that make each INSERT into `table` fill `columns`, by SQL, where the new row has no value for them. */
export function fillingTrigger(name, table, columns) {
  const sets = Object.entries(columns).map(([column, sql]) => [`NEW."${column}"`, sql])
  if (name === "mysql") {
    const list = sets.map(([column, sql]) => `${column} = COALESCE(${column}, ${sql})`)
    return [`CREATE TRIGGER "fills_${table}" BEFORE INSERT ON "${table}" FOR EACH ROW SET ${list.join(", ")}`]
  }
  const list = sets.map(([column, sql]) => `${column} := COALESCE(${column}, ${sql});`)
  return [
    `CREATE OR REPLACE FUNCTION "fills_${table}"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${list.join(" ")} RETURN NEW; END $$`,
    `CREATE TRIGGER "fills" BEFORE INSERT ON "${table}" FOR EACH ROW EXECUTE FUNCTION "fills_${table}"()`,
  ]
}
