// What the adapter has to reach, and what to aim for. `over` names the contestant that ours is divided by; without it the
// figure itself counts. `most`: the figure has to stay below instead of above.
const lookUps = { work: "lookUp" }
const throughput = { figure: "throughput" }

const over = (database, callers, contestant, must, aim) => ({
  ...lookUps,
  ...throughput,
  database,
  callers,
  over: contestant,
  must,
  aim,
})
const latency = (database, contestant, must, aim) => ({
  ...lookUps,
  figure: "p50",
  database,
  callers: 1,
  over: contestant,
  most: true,
  must,
  aim,
})
const each = (names, target) => names.flatMap(target)
const servers = ["postgres", "mysql"]
const all = ["postgres", "mysql", "sqlite"]

export const targets = [
  over("postgres", 32, "pg", 3, 4.5),
  over("postgres", 32, "Drizzle", 9, 14),
  over("postgres", 32, "Prisma", 6, 9),
  over("postgres", 32, "Bun.SQL", 1.2, 1.6),
  over("postgres", 128, "Bun.SQL", 1.6, 2.4),
  latency("postgres", "pg", 1.1, 0.95),
  over("mysql", 32, "mysql2", 2.3, 3.5),
  over("mysql", 32, "Drizzle", 9, 14),
  over("mysql", 32, "Bun.SQL", 1.2, 1.8),
  over("mysql", 128, "Bun.SQL", 1.8, 3.5),
  latency("mysql", "mysql2", 1.2, 1),
  over("sqlite", 1, "better-sqlite3", 0.85, 1),
  over("sqlite", 32, "better-sqlite3", 0.85, 1),
  over("sqlite", 1, "Drizzle", 9, 12),
  over("sqlite", 32, "Drizzle", 9, 12),
  ...each(servers, (database) => ({
    ...lookUps,
    figure: "loop",
    database,
    callers: 32,
    most: true,
    must: 4,
    aim: 2.5,
  })),
  ...each(all, (database) => ({
    work: "sessionRequest",
    ...throughput,
    database,
    callers: 32,
    over: "in memory",
    must: 0.88,
    aim: 0.95,
  })),
  ...each(all, (database) =>
    each([1, 16], (callers) => ({
      work: "firstSignIn",
      ...throughput,
      database,
      callers,
      over: "Drizzle",
      must: 1.5,
      aim: 3,
    })),
  ),
  ...each(all, (database) => ({ work: "startUp", figure: "milliseconds", database, most: true, must: 5, aim: 2 })),
  ...each(all, (database) => ({ work: "memory", figure: "growth", database, most: true, must: 5, aim: 0 })),
  ...each(all, (database) => ({ work: "scale", figure: "p50", database, most: true, must: 1.3, aim: 1.1 })),
  // Pruning: p99 of look-ups meanwhile, against p99 without.
  ...each(all, (database) => ({ work: "prune", figure: "p99", database, most: true, must: 2, aim: 1.3 })),
]
