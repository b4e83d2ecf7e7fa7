// The outcome of all swaps as a Markdown table: a row per peer and database, a column per direction.
export function printMatrix(entries) {
  const columns = [...new Set(entries.map(({ direction }) => direction))]
  const rows = group(entries)
  const line = (cells) => `| ${cells.join(" | ")} |`
  return [
    line(["peer", "database", ...columns]),
    line(["---", "---", ...columns.map(() => "---")]),
    ...[...rows.values()].map((row) =>
      line([
        row[0].peer,
        row[0].lane,
        ...columns.map((column) => (row.find(({ direction }) => direction === column)?.passed ? "pass" : "FAIL")),
      ]),
    ),
  ].join("\n")
}

const key = ({ peer, lane }) => `${peer} ${lane}`

function group(entries) {
  const rows = new Map()
  for (const entry of entries) rows.set(key(entry), [...(rows.get(key(entry)) ?? []), entry])
  return rows
}
