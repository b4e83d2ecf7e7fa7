// What a `where` finds: exactly what it says, independent of the database's own habits with case, accents, wildcards, NULL and empty lists.
import assert from "node:assert/strict"
import { test } from "node:test"
import { collations } from "../../databases/collations.js"
import { databases } from "../../databases.js"
import { reference } from "../adapter.js"
import { onEveryDatabase, things } from "../stage.js"

const options = { plugins: [things] }
onEveryDatabase("where", { options }, define)
for (const lane of reference ? [] : databases) {
  for (const [collation, give] of collations(lane)) {
    const prepare = ({ database }) => give(database, collation, { thing: ["label", "note"] })
    onEveryDatabase(`where, ${collation}`, { options, lanes: [lane], prepare }, define)
  }
}

function define(stage) {
  const make = (data) => stage.adapter.create({ model: "thing", data })
  const find = async (where, more) =>
    (
      await stage.adapter.findMany({ model: "thing", where, sortBy: { field: "label", direction: "asc" }, ...more })
    ).map(({ label }) => label)
  /** The labels that the clause `[operator, value, mode]` on `label` finds among `labels`. */
  const among = async (labels, operator, value, mode) => {
    for (const label of labels) await make({ label })
    const found = await stage.adapter.findMany({ model: "thing", where: [{ field: "label", operator, value, mode }] })
    return found.map(({ label }) => label).sort()
  }

  const cases = [
    ["eq tells case, accents and trailing spaces apart", ["Ada", "ada", "Adá", "Ada ", "ADA"], "eq", "Ada", ["Ada"]],
    ["ne as well", ["Ada", "ada", "Adá"], "ne", "Ada", ["ada", "Adá"]],
    ["in as well", ["Ada", "ada", "Grace", "GRACE"], "in", ["Ada", "GRACE"], ["Ada", "GRACE"]],
    ["not_in as well", ["Ada", "ada", "Grace"], "not_in", ["Ada", "Grace"], ["ada"]],
    ["contains as well", ["xAday", "xaday", "xADAy"], "contains", "Ada", ["xAday"]],
    ["starts_with as well", ["Adam", "adam"], "starts_with", "Ad", ["Adam"]],
    ["ends_with as well", ["Eve Ada", "eve ada"], "ends_with", "Ada", ["Eve Ada"]],
    ["eq, insensitive", ["Ada", "ada", "ADA", "Adam"], "eq", "aDa", ["ADA", "Ada", "ada"], "insensitive"],
    ["ne, insensitive", ["Ada", "ada", "Grace"], "ne", "ADA", ["Grace"], "insensitive"],
    ["in, insensitive", ["Ada", "ADA", "Grace", "Eve"], "in", ["ada", "gRACE"], ["ADA", "Ada", "Grace"], "insensitive"],
    ["not_in, insensitive", ["Ada", "ADA", "Eve"], "not_in", ["ada"], ["Eve"], "insensitive"],
    ["contains, insensitive", ["xADAy", "nobody"], "contains", "ada", ["xADAy"], "insensitive"],
    ["% is a character: contains", ["100% sure", "1000 sure"], "contains", "0%", ["100% sure"]],
    ["% is a character: starts_with", ["%a", "ba"], "starts_with", "%", ["%a"]],
    ["_ is a character: ends_with", ["a_b", "axb"], "ends_with", "_b", ["a_b"]],
    ["_ is a character, insensitive", ["A_B", "AxB"], "contains", "a_b", ["A_B"], "insensitive"],
    ["\\ is a character", ["a\\b", "ab", "a\\\\b"], "contains", "a\\b", ["a\\b"]],
    ["\\% is two characters", ["a\\%b", "a%b", "a\\xb"], "contains", "\\%", ["a\\%b"]],
    ["[ and * and ? are characters", ["a[b]*?", "ab", "axyz"], "contains", "[b]*?", ["a[b]*?"]],
    ["quotes are characters", [`O'Neil "x"; --`, "other"], "eq", `O'Neil "x"; --`, [`O'Neil "x"; --`]],
    ["an empty text is contained in every text", ["a", "b"], "contains", "", ["a", "b"]],
    ["in [] finds nothing", ["a", "b"], "in", [], []],
    ["not_in of what no row can have", ["a", "b"], "not_in", ["\ud800"], ["a", "b"]],
    ["not_in of it and others", ["a", "b"], "not_in", ["\ud800", "a"], ["b"]],
    ["not_in [] finds everything", ["a", "b"], "not_in", [], ["a", "b"]],
    ["gt and lt compare", ["a", "b", "c"], "gt", "a", ["b", "c"]],
  ]
  for (const [name, labels, operator, value, expected, mode] of cases) {
    test(name, async () => assert.deepEqual(await among(labels, operator, value, mode), [...expected].sort()))
  }

  test("null: eq and ne mean IS NULL and IS NOT NULL", async () => {
    await make({ label: "with", note: "n" })
    await make({ label: "without" })
    assert.deepEqual(await find([{ field: "note", value: null }]), ["without"])
    assert.deepEqual(await find([{ field: "note", operator: "ne", value: null }]), ["with"])
  })

  test("all of AND and any of OR, in any order", async () => {
    for (const [label, note, count] of [
      ["a", "x", 1],
      ["b", "x", 2],
      ["c", "y", 1],
      ["d", "x", 3],
    ])
      await make({ label, note, count })
    const and = [
      { field: "note", value: "x" },
      { field: "count", operator: "lt", value: 3 },
    ]
    const or = [
      { field: "label", value: "a", connector: "OR" },
      { field: "label", value: "c", connector: "OR" },
    ]
    assert.deepEqual(await find(and), ["a", "b"])
    assert.deepEqual(await find(or), ["a", "c"])
    assert.deepEqual(await find([...and, ...or]), ["a"])
    assert.deepEqual(await find([or[0], and[0], or[1], and[1]]), ["a"])
    assert.deepEqual(await find([or[0]]), ["a"])
    assert.deepEqual(
      await find([{ field: "note", value: "y" }, or[0]]),
      [],
      "a lone OR beside an AND is one more condition",
    )
  })

  test("dates compare to the millisecond, alone and in lists", async () => {
    const at = Date.UTC(2031, 4, 5, 6, 7, 8, 123)
    for (const [label, more] of [
      ["before", -1],
      ["at", 0],
      ["after", 1],
    ])
      await make({ label, at: new Date(at + more) })
    const by = (operator, value = new Date(at)) => find([{ field: "at", operator, value }])
    assert.deepEqual(await by("eq"), ["at"])
    assert.deepEqual(await by("ne"), ["after", "before"])
    assert.deepEqual(await by("lt"), ["before"])
    assert.deepEqual(await by("lte"), ["at", "before"])
    assert.deepEqual(await by("gt"), ["after"])
    assert.deepEqual(await by("gte"), ["after", "at"])
    assert.deepEqual(await by("in", [new Date(at), new Date(at + 1)]), ["after", "at"])
    assert.deepEqual(await by("not_in", [new Date(at)]), ["after", "before"])
  })

  test("numbers and booleans compare as such, alone and in lists", async () => {
    for (const [label, count, flag] of [
      ["nine", 9, true],
      ["ten", 10, false],
      ["minus", -1, null],
    ])
      await make({ label, count, flag })
    assert.deepEqual(await find([{ field: "count", operator: "gt", value: 9 }]), ["ten"])
    assert.deepEqual(await find([{ field: "count", operator: "in", value: [9, -1] }]), ["minus", "nine"])
    assert.deepEqual(await find([{ field: "flag", value: true }]), ["nine"])
    assert.deepEqual(await find([{ field: "flag", value: false }]), ["ten"])
    assert.deepEqual(await find([{ field: "flag", operator: "in", value: [true, false] }]), ["nine", "ten"])
  })

  test("a list of ten thousand", async () => {
    for (const label of ["label 77", "label 9999", "other"]) await make({ label })
    const value = Array.from({ length: 10_000 }, (_, index) => `label ${index}`)
    assert.deepEqual(await find([{ field: "label", operator: "in", value }]), ["label 77", "label 9999"])
    assert.deepEqual(await find([{ field: "label", operator: "not_in", value }]), ["other"])
  })

  test("sorting, limit and offset", async () => {
    for (const [label, count] of [
      ["a", 3],
      ["b", 1],
      ["c", 2],
    ])
      await make({ label, count })
    const sorted = (direction, more) => find([], { sortBy: { field: "count", direction }, ...more })
    assert.deepEqual(await sorted("asc"), ["b", "c", "a"])
    assert.deepEqual(await sorted("desc"), ["a", "c", "b"])
    assert.deepEqual(await sorted("asc", { limit: 1 }), ["b"])
    assert.deepEqual(await sorted("asc", { limit: 5, offset: 1 }), ["c", "a"])
    assert.deepEqual(await sorted("asc", { offset: 3 }), [])
  })

  test("no more than 100 rows unless a limit asks for them", async () => {
    for (let label = 0; label < 105; label++) await make({ label: String(label).padStart(3, "0") })
    assert.equal((await stage.adapter.findMany({ model: "thing" })).length, 100)
    assert.equal((await stage.adapter.findMany({ model: "thing", limit: 103 })).length, 103)
    assert.equal((await stage.adapter.findMany({ model: "thing", limit: 1000 })).length, 105)
    assert.equal(await stage.adapter.count({ model: "thing" }), 105)
  })

  test("a selection holds what was selected", async () => {
    await make({ label: "a", note: "n", count: 1 })
    assert.deepEqual(
      await stage.adapter.findOne({
        model: "thing",
        where: [{ field: "label", value: "a" }],
        select: ["note", "count"],
      }),
      { note: "n", count: 1 },
    )
  })

  test("count, updateMany and deleteMany count the rows that match, changed or not", async () => {
    for (const label of ["a", "b", "c"]) await make({ label, note: "n" })
    const where = [{ field: "label", operator: "ne", value: "c" }]
    assert.equal(await stage.adapter.count({ model: "thing", where }), 2)
    assert.equal(await stage.adapter.updateMany({ model: "thing", where, update: { note: "n" } }), 2)
    assert.equal(
      await stage.adapter.updateMany({
        model: "thing",
        where: [{ field: "label", value: "z" }],
        update: { note: "m" },
      }),
      0,
    )
    assert.equal(await stage.adapter.deleteMany({ model: "thing", where }), 2)
    assert.equal(await stage.adapter.deleteMany({ model: "thing", where }), 0)
    assert.deepEqual(await find([]), ["c"])
    assert.equal(await stage.adapter.deleteMany({ model: "thing", where: [] }), 1)
  })

  test("update gives the new row, also when it changes what it was found by, or changes nothing", async () => {
    const { id } = await make({ label: "a", note: "n" })
    const update = (field, value, changes) =>
      stage.adapter.update({ model: "thing", where: [{ field, value }], update: changes })
    assert.equal((await update("label", "a", { label: "b" })).label, "b")
    assert.equal((await update("label", "b", { label: "b" })).id, id)
    assert.equal(await update("label", "a", { label: "c" }), null)
    assert.equal((await update("id", id, { note: null })).note, null)
  })

  test("delete deletes all that match, and does not mind none", async () => {
    for (const label of ["a", "a", "b"]) await make({ label })
    await stage.adapter.delete({ model: "thing", where: [{ field: "label", value: "a" }] })
    await stage.adapter.delete({ model: "thing", where: [{ field: "label", value: "a" }] })
    assert.deepEqual(await find([]), ["b"])
  })
}
