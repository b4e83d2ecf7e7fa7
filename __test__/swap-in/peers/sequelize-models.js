// @auth/sequelize-adapter with models of one's own, defined as its documentation shows: tables `Users` …, columns `userId`, `createdAt`.
import SequelizeAdapter from "@auth/sequelize-adapter"
import { connect, getAccount, onlyGiven, pristineModels } from "./sequelize.js"

export default {
  name: "sequelize, own models",
  // Next to `userId` the adapter's association adds a column `UserId`: only PostgreSQL can tell the two apart.
  lanes: ["postgres"],
  differences: [
    onlyGiven,
    {
      of: "verificationToken",
      reason: "Sequelize's useVerificationToken answers createdAt and updatedAt too; ours the three fields of Auth.js",
      normalize: ({ identifier, token, expires }) => ({ identifier, token, expires }),
    },
  ],
  async open(database) {
    const sequelize = connect(database)
    const define = ([name, columns]) => [name, sequelize.define(name, columns)]
    const models = Object.fromEntries(Object.entries(pristineModels()).map(define))
    const adapter = SequelizeAdapter(sequelize, { models, synchronize: false })
    await sequelize.sync()
    return { adapter, getAccount: getAccount(models.Account), close: () => sequelize.close() }
  },
}
