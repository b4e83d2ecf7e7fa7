// The driver alone, with prepared statements.
import mysql from "mysql2/promise"
import { bare, statements } from "./statements.js"

export function open(url) {
  const pool = mysql.createPool({ uri: url, connectionLimit: 10, timezone: "Z" })
  const run = async (name, ...values) => {
    const [rows] = await pool.execute(statements.mysql[name], values)
    return Array.isArray(rows) ? rows : []
  }
  return { ...bare(run), close: () => pool.end() }
}
