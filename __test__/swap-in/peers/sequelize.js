// @auth/sequelize-adapter on the tables that its own models' `sync()` makes.
import SequelizeAdapter, { models } from "@auth/sequelize-adapter"
import { Sequelize } from "sequelize"

const copy = (models) =>
  Object.fromEntries(
    Object.entries(models).map(([model, columns]) => [
      model,
      Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, { ...column }])),
    ]),
  )
const published = copy(models)

/** The adapter's models as published: `define` writes one dialect's types into the objects it is given. */
export const pristineModels = () => copy(published)

export function connect({ url, path }) {
  return path
    ? new Sequelize({ dialect: "sqlite", storage: path, logging: false })
    : new Sequelize(url, { logging: false, pool: { max: 4 } })
}

export const getAccount = (Account) => async (providerAccountId, provider) =>
  (await Account.findOne({ where: { provider, providerAccountId } }))?.get({ plain: true }) ?? null

export const onlyGiven = {
  of: "user",
  reason:
    "Sequelize's createUser answers what it was given: without the fields that are null in the row, " +
    "and with milliseconds that MySQL's datetime does not keep; ours answers what is stored",
  normalize: ({ emailVerified, ...user }) => ({
    ...Object.fromEntries(Object.entries(user).filter(([, value]) => value !== null)),
    ...(emailVerified && { emailVerified: Math.floor(emailVerified.getTime() / 1000) }),
  }),
}

export default {
  name: "sequelize",
  lanes: ["sqlite", "postgres", "mysql"],
  differences: [onlyGiven],
  async open(database) {
    const sequelize = connect(database)
    for (const [model, columns] of Object.entries(pristineModels())) Object.assign(models[model], columns)
    const adapter = SequelizeAdapter(sequelize, { synchronize: false })
    await sequelize.sync()
    return { adapter, getAccount: getAccount(sequelize.models.account), close: () => sequelize.close() }
  },
}
