// Auth.js tables for Drizzle on each database, as its documentation has them, and with what applications change about them.
import * as my from "drizzle-orm/mysql-core"
import * as pg from "drizzle-orm/pg-core"
import * as lite from "drizzle-orm/sqlite-core"

const kits = {
  postgres: {
    table: pg.pgTable,
    text: (name) => pg.text(name),
    long: (name) => pg.text(name),
    integer: (name) => pg.integer(name),
    date: (name) => pg.timestamp(name, { mode: "date" }),
    preciseDate: (name) => pg.timestamp(name, { mode: "date" }),
    boolean: (name) => pg.boolean(name),
    uuid: (name) => pg.uuid(name),
    // The documentation's form, which drizzle-kit does not see: these tables come without their primary keys.
    key: (...columns) => [{ key: pg.primaryKey({ columns }) }],
  },
  mysql: {
    table: my.mysqlTable,
    text: (name) => my.varchar(name, { length: 255 }),
    long: (name) => my.varchar(name, { length: 2048 }),
    integer: (name) => my.int(name),
    date: (name) => my.timestamp(name, { mode: "date" }),
    preciseDate: (name) => my.timestamp(name, { mode: "date", fsp: 3 }),
    boolean: (name) => my.boolean(name),
    key: (...columns) => ({ key: my.primaryKey({ columns }) }),
  },
  sqlite: {
    table: lite.sqliteTable,
    text: (name) => lite.text(name),
    long: (name) => lite.text(name),
    integer: (name) => lite.integer(name),
    date: (name) => lite.integer(name, { mode: "timestamp_ms" }),
    preciseDate: (name) => lite.integer(name, { mode: "timestamp_ms" }),
    boolean: (name) => lite.integer(name, { mode: "boolean" }),
    key: (...columns) => [lite.primaryKey({ columns })],
  },
}

const snakeCase = (name) => name.replace(/[A-Z]+/g, (letters) => `_${letters.toLowerCase()}`)

/** `more(kit)`: further columns of the user. `realKeys`: primary keys also where the documentation's get lost. */
export function tables(
  lane,
  { prefix = "", snake = false, uuid = false, realKeys = false, emailRequired = false, more = () => ({}) } = {},
) {
  const kit = kits[lane]
  const name = snake ? snakeCase : (camel) => camel
  const column = (type, camel) => kit[type](name(camel))
  const key = realKeys && lane === "postgres" ? (...columns) => [pg.primaryKey({ columns })] : kit.key
  const idType = uuid ? "uuid" : "text"
  const id = column(idType, "id").primaryKey()
  const email = column("text", "email").unique()

  const usersTable = kit.table(prefix + name("user"), {
    id: uuid ? id.defaultRandom() : id.$defaultFn(() => crypto.randomUUID()),
    name: column("text", "name"),
    email: emailRequired ? email.notNull() : email,
    emailVerified: column("preciseDate", "emailVerified"),
    image: column("text", "image"),
    ...more(kit),
  })
  const owner = () =>
    column(idType, "userId")
      .notNull()
      .references(() => usersTable.id, { onDelete: "cascade" })
  return {
    usersTable,
    accountsTable: kit.table(
      prefix + name("account"),
      {
        userId: owner(),
        type: column("text", "type").notNull(),
        provider: column("text", "provider").notNull(),
        providerAccountId: column("text", "providerAccountId").notNull(),
        refresh_token: column("text", "refresh_token"),
        access_token: column("text", "access_token"),
        expires_at: column("integer", "expires_at"),
        token_type: column("text", "token_type"),
        scope: column("text", "scope"),
        id_token: column("long", "id_token"),
        session_state: column("text", "session_state"),
      },
      (account) => key(account.provider, account.providerAccountId),
    ),
    sessionsTable: kit.table(prefix + name("session"), {
      sessionToken: column("text", "sessionToken").primaryKey(),
      userId: owner(),
      expires: column("date", "expires").notNull(),
    }),
    verificationTokensTable: kit.table(
      prefix + name("verificationToken"),
      {
        identifier: column("text", "identifier").notNull(),
        token: column("text", "token").notNull(),
        expires: column("date", "expires").notNull(),
      },
      (verificationToken) => key(verificationToken.identifier, verificationToken.token),
    ),
    authenticatorsTable: kit.table(
      prefix + name("authenticator"),
      {
        credentialID: column("text", "credentialID").notNull().unique(),
        userId: owner(),
        providerAccountId: column("text", "providerAccountId").notNull(),
        credentialPublicKey: column("text", "credentialPublicKey").notNull(),
        counter: column("integer", "counter").notNull(),
        credentialDeviceType: column("text", "credentialDeviceType").notNull(),
        credentialBackedUp: column("boolean", "credentialBackedUp").notNull(),
        transports: column("text", "transports"),
      },
      (authenticator) => key(authenticator.userId, authenticator.credentialID),
    ),
  }
}
