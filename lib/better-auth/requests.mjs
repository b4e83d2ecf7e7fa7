// From the calls of Better Auth's adapter factory to requests of the native core.
//
// A request's form (method, fields, operators) crosses once, its values each time. The form's description doubles as its
// key here, so that a call that has been seen before costs a few strings.

import binding from "../native/binding.js"
import bridge from "../native/bridge.js"
import errors from "../error.js"
import subject from "../observing/subject.js"
import reading from "../reading.js"
import { Lookup } from "./lookups.mjs"
import { every, number, one, only } from "./results.mjs"

const { ask } = bridge
const { Subject } = subject
const { Refusals, isArray, list, packed } = reading
const { RustAdapterError } = errors

/** Schemas by their descriptions: the number of each, and its requests by their forms. */
const schemas = new Map()

export function schemaOf(description) {
  let schema = schemas.get(description)
  if (!schema) schemas.set(description, (schema = { number: binding.describe(description), requests: new Map() }))
  return schema
}

/** What a call is about, for an application that observes calls: one for each method and model of a database. */
function subjectOf({ observed, subjects, isInstrumented }, schema, method, model) {
  const key = `${schema.number}\n${method}\n${model}`
  let known = subjects.get(key)
  if (!known) {
    const table = () => binding.tableOfModel(observed.handle, schema.number, model)
    subjects.set(key, (known = new Subject(observed, method, table, isInstrumented)))
  }
  return known
}

/** More forms than an application has. Others, which a client makes up by an application's search, are described anew. */
const MAX_FORMS = 1000

/** So many places serve lists of up to this length: few forms, however long lists are. */
const places = (length) => (length === 0 ? 0 : 2 ** Math.ceil(Math.log2(length)))

const invalid = (message, details) => new RustAdapterError("ERR_INVALID_ARGUMENT", message, details)

/** A form in the making, and the values that go with it. */
class Request {
  constructor(method, model) {
    this.form = { method, model }
    this.key = `${method}\n${model}`
    this.values = []
    this.refusals = new Refusals()
  }

  /** One more value, as it crosses. */
  value(value, field) {
    this.values.push(packed(value, this.refusals.of(field)))
  }

  part(name, value, key) {
    this.form[name] = value
    this.key += `\n${name}\t${key}`
  }

  set(data) {
    const fields = Object.keys(data).filter((field) => data[field] !== undefined)
    for (const field of fields) this.value(data[field], field)
    if (fields.length > 0) this.part("set", fields, fields.join("\t"))
  }

  increment(increment) {
    const fields = Object.keys(increment)
    for (const field of fields) this.value(increment[field], field)
    if (fields.length > 0) this.part("increment", fields, fields.join("\t"))
  }

  filter(where) {
    if (!where || where.length === 0) return
    let key = ""
    const conditions = where.map((condition) => {
      const { field, connector, mode } = condition
      let { operator, value } = condition
      if (operator === "not_in" && !isArray(value)) value = [value]
      const or = connector === "OR"
      const insensitive = mode === "insensitive"
      if (connector !== "AND" && connector !== "OR") throw invalid(`there is no connector ${connector}`, { field })
      if (value === undefined) throw invalid(`the condition on ${field} has no value`, { field })
      if (!isArray(value)) {
        const isNull = value === null
        if (!isNull) this.value(value, field)
        key += `\t${field}\t${operator}\t${or}${insensitive}${isNull}`
        return { field, operator, or, insensitive, null: isNull }
      }
      const items = list(this.form.method, value, field)
      const wanted = items.filter((item) => item !== null && item !== undefined)
      const hasNull = wanted.length < items.length
      this.values.push(wanted.map((item) => packed(item, this.refusals.of(field))))
      key += `\t${field}\t${operator}\t${or}${insensitive}${hasNull}${places(wanted.length)}`
      return { field, operator, or, insensitive, null: hasNull, places: places(wanted.length) }
    })
    this.part("filter", conditions, key)
  }

  /** The caller does not ask how many rows it is about. */
  uncounted() {
    this.part("uncounted", true, "true")
    return this
  }

  select(fields) {
    if (fields && fields.length > 0) this.part("select", fields, fields.join("\t"))
  }

  sort(field, direction = "asc") {
    if (direction !== "asc" && direction !== "desc") throw invalid(`there is no direction ${direction}`, { field })
    this.part("sort", [{ field, descending: direction === "desc" }], `${field}\t${direction}`)
  }

  join(joins) {
    if (joins.length === 0) return
    const parts = joins.map(({ model, on, many, limit, apart }) => {
      this.value(limit, "limit")
      return { model, from: on.from, to: on.to, many, apart }
    })
    this.part(
      "join",
      parts,
      parts.map(({ model, from, to, many, apart }) => `${model}\t${from}\t${to}\t${many}${apart}`).join("\t"),
    )
  }

  limit(limit) {
    if (limit === undefined || limit === null) return
    this.value(limit, "limit")
    this.part("limit", true, "")
  }

  offset(offset) {
    if (offset === undefined || offset === null || offset === 0) return
    this.value(offset, "offset")
    this.part("offset", true, "")
  }

  /** Whether it finds one record by one key. */
  isLookup() {
    const { method, filter, join } = this.form
    if (method !== "findOne" || filter?.length !== 1 || join?.some(({ many }) => many)) return false
    return filter[0].operator === "eq" && !filter[0].insensitive && typeof this.values[0] === "string"
  }

  /** The number of its form, or else its description. */
  formOf(schema) {
    let form = schema.requests.get(this.key)
    if (form === undefined) {
      form = JSON.stringify(this.form)
      if (schema.requests.size < MAX_FORMS) schema.requests.set(this.key, (form = binding.prepare(schema.number, form)))
    }
    return form
  }

  /** Sends it, and makes the answer's records a result. */
  send({ handle, transaction, observing }, schema, assemble) {
    const form = this.formOf(schema)
    const { method, model } = this.form
    return this.refusals.explain(
      ask(
        method,
        assemble,
        (bridge, id, atOnce) =>
          binding.request(bridge, handle, transaction, id, schema.number, form, this.values, atOnce),
        subjectOf(observing, schema, method, model),
      ),
    )
  }
}

/**
 * The methods of Better Auth's adapters, of which each call becomes one request. Its factory awaits what they return,
 * and passes it on as it is. Names are translated by what the factory provides. `heard` gets to know of look-ups.
 */
export function methods({ target, schema, names, finishOf, apart, heard }) {
  const { getFieldName, getDefaultFieldName, getDefaultModelName } = names
  const fieldsOf = (model, fields) => fields?.map((field) => getFieldName({ model, field }))
  const finished = (answer, model, joins) => {
    const finish = finishOf(getDefaultModelName(model), joins)
    return finish ? finish(answer) : answer
  }

  const joinsOf = (join) =>
    Object.entries(join ?? {}).map(([model, { modelKey, on, limit, relation }]) => ({
      model,
      key: modelKey ?? getDefaultModelName(model),
      on,
      toKey: getDefaultFieldName({ model, field: on.to }),
      limit: limit ?? 1,
      many: relation !== "one-to-one",
      apart,
    }))
  const find = (method, { model, where, select, sortBy, limit, offset }, joins) => {
    const request = new Request(method, model)
    request.filter(where)
    request.select(fieldsOf(model, select))
    if (sortBy) request.sort(getFieldName({ model, field: sortBy.field }), sortBy.direction)
    request.join(joins)
    request.limit(limit)
    request.offset(offset)
    return request
  }
  const about = (method, { model, where }) => {
    const request = new Request(method, model)
    request.filter(where)
    return request
  }
  /** Where there is nothing to set, the rows are what they were. */
  const UNCHANGED = { update: "findOne", updateMany: "count" }
  const change = (method, { model, where, update }) => {
    if (Object.values(update).every((value) => value === undefined)) return about(UNCHANGED[method], { model, where })
    const request = new Request(method, model)
    request.set(update)
    request.filter(where)
    return request
  }

  return {
    create({ model, data }) {
      const request = new Request("create", model)
      request.set(data)
      return finished(request.send(target, schema, only), model)
    },
    findOne({ model, where, select, join }) {
      const joins = joinsOf(join)
      const request = find("findOne", { model, where, select }, joins)
      const assemble = one(joins)
      const form = request.formOf(schema)
      if (!request.isLookup() || typeof form !== "number")
        return finished(request.send(target, schema, assemble), model, joins)
      const [key, ...limits] = request.values
      const finish = finishOf(getDefaultModelName(model), joins)
      const told = subjectOf(target.observing, schema, "findOne", model)
      const lookup = new Lookup({ schema, form, limits, assemble, finish, subject: told })
      heard.lookup = lookup
      return lookup.find(target, key)
    },
    findMany(call) {
      const joins = joinsOf(call.join)
      return finished(find("findMany", call, joins).send(target, schema, every(joins)), call.model, joins)
    },
    count(call) {
      return about("count", call).send(target, schema, number)
    },
    update(call) {
      return finished(change("update", call).send(target, schema, only), call.model)
    },
    updateMany(call) {
      return change("updateMany", call).send(target, schema, number)
    },
    async delete(call) {
      await about("deleteMany", call).uncounted().send(target, schema, number)
    },
    deleteMany(call) {
      return about("deleteMany", call).send(target, schema, number)
    },
    consumeOne(call) {
      return finished(about("consumeOne", call).send(target, schema, only), call.model)
    },
    incrementOne({ model, where, increment, set }) {
      const request = new Request("incrementOne", model)
      request.set(set ?? {})
      request.increment(increment)
      request.filter(where)
      return finished(request.send(target, schema, only), model)
    },
  }
}
