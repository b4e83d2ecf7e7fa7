// The driver alone, with prepared statements.
import { openFile } from "./better-sqlite3-file.js"
import { bare, statements } from "./statements.js"

export function open(url) {
  const file = openFile(url)
  const prepared = {}
  const run = (name, ...values) => {
    const statement = (prepared[name] ??= file.prepare(statements.sqlite[name]))
    return statement.reader ? [statement.get(...values)] : [statement.run(...values)]
  }
  const dates = { toDate: (value) => new Date(value), fromDate: (date) => date.getTime() }
  return { ...bare(run, dates), close: () => file.close() }
}
