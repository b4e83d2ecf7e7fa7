// The limit: an adapter through Better Auth's own factory that answers from memory, without a search. What remains is the work
// of Better Auth itself, which no adapter can spare it.
import { createAdapterFactory } from "../../__test__/better-auth/node_modules/better-auth/dist/adapters/index.mjs"

export function openMemory() {
  const kept = { user: new Map(), session: new Map(), account: new Map() }
  const key = (model, row) => (model === "session" ? row.token : row.id)
  const methods = {
    async create({ model, data }) {
      kept[model].set(key(model, data), data)
      return data
    },
    async findOne({ model, where: [{ value }], join }) {
      const row = kept[model].get(value)
      if (!row) return null
      return join ? { ...row, user: { ...kept.user.get(row.userId) } } : { ...row }
    },
  }
  const config = {
    adapterId: "memory",
    adapterName: "In memory",
    supportsJSON: true,
    supportsDates: true,
    supportsBooleans: true,
  }
  return { database: createAdapterFactory({ config, adapter: () => methods }), close: async () => {} }
}
