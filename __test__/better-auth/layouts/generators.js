// The schema generators of Better Auth's command line (`auth generate`), which asks for a newer Node than these tests run on.
Object.groupBy ??= (items, keyOf) => {
  const groups = {}
  for (const [index, item] of [...items].entries()) (groups[keyOf(item, index)] ??= []).push(item)
  return groups
}
const { generateDrizzleSchema, generatePrismaSchema } = await import("auth/api")

const generate =
  (generator, id) =>
  async (provider, options, adapterConfig = {}) =>
    (await generator({ options, file: "no-such-folder/schema", adapter: { id, options: { provider, adapterConfig } } }))
      .code

export const drizzleSchema = generate(generateDrizzleSchema, "drizzle")
export const prismaSchema = generate(generatePrismaSchema, "prisma")
