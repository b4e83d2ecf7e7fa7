// @auth/mikro-orm-adapter on the tables that MikroORM's schema generator makes of the adapter's entities.
import { MikroOrmAdapter, defaultEntities } from "@auth/mikro-orm-adapter"
import { MikroORM, wrap } from "@mikro-orm/core"

async function configuration({ url, path }) {
  if (path) return { driver: (await import("@mikro-orm/better-sqlite")).BetterSqliteDriver, dbName: path }
  if (url.startsWith("mysql:")) return { driver: (await import("@mikro-orm/mysql")).MySqlDriver, clientUrl: url }
  return { driver: (await import("@mikro-orm/postgresql")).PostgreSqlDriver, clientUrl: url }
}

export default {
  name: "mikro-orm",
  lanes: ["sqlite", "postgres", "mysql"],
  // MikroORM writes the clock of this process into DATETIME columns, unless its `forceUtcTimezone` says otherwise.
  zoneOptions: { mysql: { timeZone: "local" } },
  differences: [
    {
      of: "user",
      reason:
        "MikroORM's columns keep whole seconds, but its createUser answers milliseconds, and undefined for null; ours answers what is stored",
      normalize: ({ emailVerified, ...user }) => ({
        ...Object.fromEntries(Object.entries(user).filter(([, value]) => value !== null)),
        ...(emailVerified && { emailVerified: Math.floor(emailVerified.getTime() / 1000) }),
      }),
    },
  ],
  async open(database) {
    const options = { ...(await configuration(database)), entities: Object.values(defaultEntities), debug: false }
    const orm = await MikroORM.init(options)
    await orm.schema.createSchema()
    const { __disconnect, ...adapter } = MikroOrmAdapter({ ...options })
    const { Account, Session } = defaultEntities
    return {
      adapter: {
        ...adapter,
        // Its foreign keys do not cascade with MikroORM 6: by itself this fails while the user has sessions or accounts.
        async deleteUser(id) {
          for (const entity of [Session, Account]) await orm.em.fork().nativeDelete(entity, { user: id })
          return adapter.deleteUser(id)
        },
      },
      async getAccount(providerAccountId, provider) {
        const account = await orm.em.fork().findOne(Account, { provider, providerAccountId })
        return account && wrap(account).toObject()
      },
      close: () => Promise.all([orm.close(), __disconnect()]),
    }
  },
}
