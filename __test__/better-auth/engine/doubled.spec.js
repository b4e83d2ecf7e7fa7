// Several rows where one is meant: the one with the smallest id answers, to a lone caller as to one of many.
import assert from "node:assert/strict"
import { test } from "node:test"
import { onEveryDatabase, things } from "../stage.js"

/** The documented orders: texts by their bytes, which differ in case here. */
const ids = ["b", "Z", "a", "Y"]
const [first] = [...ids].sort()

onEveryDatabase("doubled rows", { options: { plugins: [things] } }, (stage) => {
  // MySQL's own order ignores case.
  const [least] = stage.lane.name === "mysql" ? ["a"] : [first]
  const by = (field, value) => ({ model: "thing", where: [{ field, value }] })
  const fill = async () => {
    for (const id of ids)
      await stage.adapter.create({
        model: "thing",
        data: { id, label: "same", note: id, count: 1 },
        forceAllowId: true,
      })
    await stage.adapter.create({ model: "thing", data: { id: "other", label: "other", count: 5 }, forceAllowId: true })
    for (const [index, thingId] of ["b", "a", "a"].entries()) {
      await stage.adapter.create({
        model: "part",
        data: { id: `part ${9 - index}`, thingId, place: index },
        forceAllowId: true,
      })
    }
  }
  const other = async () => assert.equal((await stage.adapter.findOne(by("label", "other"))).id, "other")
  const fortyTimes = (call, check) =>
    Promise.all(Array.from({ length: 40 }, () => [call().then(check), other()]).flat())

  test("findOne, alone and forty at once", async () => {
    await fill()
    for (const call of [
      () => stage.adapter.findOne(by("label", "same")),
      () => stage.adapter.findOne({ ...by("label", "same"), select: ["id", "label"] }),
    ]) {
      const check = (found) => assert.equal(found.id, least)
      check(await call())
      check(await call())
      await fortyTimes(call, check)
      await fortyTimes(call, check)
    }
  })

  test("findOne with a join to many, and from many to one", async () => {
    await fill()
    const call = () => stage.adapter.findOne({ ...by("label", "same"), join: { part: true } })
    const check = (found) => assert.deepEqual([found.id, found.part.length], [least, least === "a" ? 2 : 0])
    check(await call())
    await fortyTimes(call, check)
    const one = () =>
      stage.adapter.findOne({ model: "part", where: [{ field: "thingId", value: "a" }], join: { thing: true } })
    await fortyTimes(one, (found) => assert.deepEqual([found.id, found.thing.id], ["part 7", "a"]))
  })

  test("a join that is limited shows the first by id", async () => {
    await fill()
    for (const wanted of [[{ field: "id", value: "a" }], [{ field: "label", value: "same" }]]) {
      const found = await stage.adapter.findMany({ model: "thing", where: wanted, join: { part: { limit: 1 } } })
      assert.deepEqual(
        found.find(({ id }) => id === "a").part.map(({ id }) => id),
        ["part 7"],
      )
    }
  })

  test("update changes all of them and returns the first", async () => {
    await fill()
    const updated = await stage.adapter.update({ ...by("label", "same"), update: { count: 2 } })
    assert.deepEqual([updated.id, updated.count], [least, 2])
    const moved = await stage.adapter.update({ ...by("label", "same"), update: { label: "moved" } })
    assert.deepEqual([moved.id, moved.label], [least, "moved"])
    assert.equal(await stage.adapter.count(by("label", "moved")), 4)
    await other()
  })

  test("consumeOne takes the first each time, and each goes to one caller", async () => {
    await fill()
    assert.equal((await stage.adapter.consumeOne(by("label", "same"))).id, least)
    const taken = await Promise.all(
      Array.from({ length: 20 }, () => [stage.adapter.consumeOne(by("label", "same")), other()]).flat(),
    )
    const rest = taken.filter((row) => row?.id).map(({ id }) => id)
    assert.deepEqual(rest.sort(), ids.filter((id) => id !== least).sort())
  })

  test("incrementOne counts the first alone", async () => {
    await fill()
    const counted = await stage.adapter.incrementOne({ ...by("label", "same"), increment: { count: 3 } })
    assert.deepEqual([counted.id, counted.count], [least, 4])
    const all = await stage.adapter.findMany(by("label", "same"))
    assert.deepEqual(all.map(({ count }) => count).sort(), [1, 1, 1, 4])
  })
})

onEveryDatabase("two rows with one id", { options: { plugins: [things] } }, (stage) => {
  test("are one answer, the same to a lone caller as to one of many", async () => {
    const [table, columns] = ["thing", `"id", "label", "note"`]
    await stage.database.rows(`DROP TABLE "part"`)
    await stage.database.rows(`DROP TABLE "${table}"`)
    const text = stage.lane.name === "mysql" ? "varchar(255)" : "text"
    await stage.database.rows(
      `CREATE TABLE "${table}" ("id" ${text} NOT NULL, "label" ${text} NOT NULL, "note" ${text})`,
    )
    stage.tables = stage.tables.filter((each) => each !== "part")
    await stage.database.rows(
      `INSERT INTO "${table}" (${columns}) VALUES ('1', 'b', 'x'), ('1', 'a', 'y'), ('2', 'c', 'z')`,
    )
    const call = () =>
      stage.adapter.findOne({ model: "thing", where: [{ field: "id", value: "1" }], select: ["id", "label"] })
    for (const found of [await call(), await call(), ...(await Promise.all(Array.from({ length: 40 }, call)))]) {
      assert.deepEqual(found, { id: "1", label: "a" })
    }
    assert.equal(
      (await stage.adapter.update({ model: "thing", where: [{ field: "id", value: "1" }], update: { note: "n" } }))
        .label,
      "a",
    )
    assert.equal((await stage.adapter.consumeOne({ model: "thing", where: [{ field: "id", value: "2" }] })).label, "c")
  })
})
