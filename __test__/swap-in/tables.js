// Auth.js's tables in plain SQL that every database takes, with room for more.

/** `user` and `session`: further columns. `prefix`: of the tables' names. */
export async function createTables(database, { prefix = "", user = [], session = [] } = {}) {
  const table = (name, columns) => database.rows(`CREATE TABLE "${prefix}${name}" (${columns.join(", ")})`)
  await table("users", [
    `"id" varchar(36) NOT NULL PRIMARY KEY`,
    `"name" varchar(100)`,
    `"email" varchar(191) UNIQUE`,
    `"emailVerified" bigint`,
    `"image" varchar(500)`,
    ...user,
  ])
  await table("accounts", [
    `"userId" varchar(36) NOT NULL`,
    `"type" varchar(30) NOT NULL`,
    `"provider" varchar(60) NOT NULL`,
    `"providerAccountId" varchar(100) NOT NULL`,
    `"expires_at" bigint`,
    `PRIMARY KEY ("provider", "providerAccountId")`,
  ])
  await table("sessions", [
    `"sessionToken" varchar(100) NOT NULL PRIMARY KEY`,
    `"userId" varchar(36) NOT NULL`,
    `"expires" bigint NOT NULL`,
    ...session,
  ])
}
