// @auth/typeorm-adapter on the tables that TypeORM's `synchronize` makes of the adapter's entities.
import { entities } from "@auth/typeorm-adapter"
import { DataSource } from "typeorm"

function source({ url, path }) {
  if (path) return { type: "better-sqlite3", database: path }
  return { type: url.startsWith("mysql:") ? "mysql" : "postgres", url }
}

let opened = 0

export default {
  name: "typeorm",
  lanes: ["sqlite", "postgres", "mysql"],
  differences: [
    {
      of: "user",
      reason:
        "TypeORM's createUser answers what it was given, without the fields that are null in the row; ours answers what is stored",
      normalize: (user) => Object.fromEntries(Object.entries(user).filter(([, value]) => value !== null)),
    },
  ],
  async open(database) {
    const application = await new DataSource({
      ...source(database),
      entities: Object.values(entities),
      synchronize: true,
    }).initialize()
    // The adapter keeps its data source in a variable of its module: a second database needs a second copy of that.
    const { TypeORMAdapter } = await import(`${import.meta.resolve("@auth/typeorm-adapter")}?${opened++}`)
    const adapter = TypeORMAdapter({ ...source(database), synchronize: false })
    return {
      adapter,
      getAccount: (providerAccountId, provider) =>
        application.manager.findOneBy(entities.AccountEntity, { provider, providerAccountId }),
      close: () => Promise.all([application.destroy(), adapter.__disconnect()]),
    }
  },
}
