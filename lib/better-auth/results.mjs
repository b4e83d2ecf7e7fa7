// From the core's records to what Better Auth's adapters return.

import factory from "../native/row-factory.js"
import { isJson } from "./schema.mjs"

export const only = (count, record) => (count === 0 ? null : record())
export const all = (count, record) => Array.from({ length: count }, record)
export const number = (_, record) => record().count

/** Reads a record and those that are joined to it, which follow it. */
function joinedRecord(joins, record) {
  const row = record()
  for (const { key, many, toKey } of joins) {
    if (many) {
      row[key] = all(record().count, record)
    } else {
      const joined = record()
      row[key] = joined[toKey] === null ? null : joined
    }
  }
  return row
}

/** What makes one record of those that come, with `joins` or without. */
export const one = (joins) =>
  joins.length === 0 ? only : (count, record) => (count === 0 ? null : joinedRecord(joins, record))

/** The same for all of them. */
export const every = (joins) =>
  joins.length === 0
    ? all
    : (count, record) => {
        const rows = []
        let read = 0
        const counting = () => (read++, record())
        while (read < count) rows.push(joinedRecord(joins, counting))
        return rows
      }

/**
 * What finishes the records of a schema, as Better Auth's factory would: an application's own functions, and JSON that is
 * kept as text. `of(model, joins)` is what does it for those of a model, `undefined` if nothing is left to do.
 */
export function finishing(schema) {
  const isUnfinished = ([, field]) => isJson(field) || field.transform?.output
  const steps = new Map(
    Object.entries(schema).map(([model, { fields }]) => [model, Object.entries(fields).filter(isUnfinished)]),
  )
  const needs = (model) => steps.get(model)?.length > 0

  const finish = async (row, model) => {
    if (row === null) return null
    for (const [key, { type, transform, references }] of steps.get(model)) {
      if (!(key in row)) continue
      if (transform?.output) row[key] = await transform.output(row[key])
      if (references?.field === "id" && row[key] !== null && row[key] !== undefined) row[key] = String(row[key])
      if (isJson({ type }) && typeof row[key] === "string") row[key] = parsed(row[key])
    }
    return row
  }
  const each = async (rows, model) =>
    Array.isArray(rows) ? Promise.all(rows.map((row) => finish(row, model))) : finish(rows, model)
  const joinsOf = (row, joins) =>
    Promise.all(joins.filter(({ key }) => needs(key)).map(({ key }) => each(row[key], key)))

  return function of(model, joins = []) {
    if (!needs(model) && !joins.some(({ key }) => needs(key))) return undefined
    return async (answer) => {
      const result = await answer
      await each(result, model)
      for (const row of [result].flat()) if (row !== null) await joinsOf(row, joins)
      return result
    }
  }
}

/** JSON in JSON, as Prisma stores it. */
function parsed(text) {
  try {
    const value = JSON.parse(text, factory.instant)
    return typeof value === "object" ? value : text
  } catch {
    return text
  }
}
