// Tables for the terminal.
import Table from "cli-table3"

export function printTables(tables) {
  for (const { title, note, head, rows } of tables) {
    const table = new Table({
      head,
      style: { head: ["bold"], border: ["grey"], compact: true },
      colAligns: ["left", ...head.slice(1).map(() => "right")],
    })
    table.push(...rows)
    console.log(`\n${title}\n${table}${note ? `\n${note}` : ""}`)
  }
}
