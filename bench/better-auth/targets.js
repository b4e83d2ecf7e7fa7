// What Better Auth on this adapter has to reach, and who can do what at all.
export const limit = "in memory"
const all = ["postgres", "mysql", "sqlite"]
const sessions = ["getSession", "getSessionJoined"]

/** Drizzle joins by LATERAL, which MariaDB does not have: "Failed to get session". */
const joins = ["getSessionJoined", "findManyJoined"]
export const isAble = (database, work, name) =>
  name === limit ? sessions.includes(work) : !(database === "mysql" && name === "Drizzle" && joins.includes(work))

const over = (database, work, callers, contestant, must, aim) => ({
  database,
  work,
  callers,
  figure: "throughput",
  over: contestant,
  must,
  aim,
})
export const targets = [
  ...all.flatMap((database) =>
    sessions.map((work) =>
      over(database, work, 32, "Kysely", database === "sqlite" ? 1.5 : 2, database === "sqlite" ? 2 : 3),
    ),
  ),
  ...all.flatMap((database) =>
    sessions.flatMap((work) =>
      ["Kysely", "Drizzle", "Prisma"]
        .filter((other) => isAble(database, work, other))
        .map((other) => over(database, work, 1, other, 1, 1.5)),
    ),
  ),
]
