// `npx rust-auth-adapter better-auth migrate --config <file>`, in an application of its own.
import assert from "node:assert/strict"
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, test } from "node:test"
import { databases } from "../../databases.js"
import { makeApplication } from "./application.js"

const PASSWORD = "a-password-never-shown"
const SECRET = "a secret of thirty-two characters"

/** A module of the application: `types` makes it one that only TypeScript reads. */
const config = (url, { plugins = "", types = false, rest = "" } = {}) => `
import { betterAuth } from "better-auth"
import { username } from "better-auth/plugins"
import { rustAdapter } from "rust-auth-adapter/better-auth"
${types ? "type Url = string\nconst url: Url" : "const url"} = ${JSON.stringify(url)}
export const auth = betterAuth({
  secret: "${SECRET}", baseURL: "http://localhost:3000", telemetry: { enabled: false }, logger: { disabled: true },
  database: rustAdapter(url), emailAndPassword: { enabled: true }, plugins: [${plugins}],
})
${rest}`

const migrate = (application, file) => application.run("better-auth", "migrate", "--config", file)
const quiet = ({ output, errors }) => {
  for (const secret of [PASSWORD, SECRET]) assert.ok(!`${output}${errors}`.includes(secret))
}

for (const lane of databases) {
  describe(`better-auth migrate: ${lane.name}`, () => {
    let database, application
    before(async () => {
      database = await lane.create()
      application = makeApplication()
    })
    after(() => database?.close())

    test("makes the tables and says how, then has nothing to do, then adds a plugin's columns, and drops nothing", async () => {
      application.write("auth.mjs", config(database.url))
      const first = await migrate(application, "auth.mjs")
      assert.deepEqual([first.code, first.errors], [0, "made user, session, account, verification\n"])
      assert.equal(first.output.match(/^CREATE TABLE /gm).length, 4)
      const row = [crypto.randomUUID(), "Ada", "ada@example.com"]
      const yes = lane.name === "sqlite" ? 1 : true
      const at = lane.name === "sqlite" ? "2026-01-01T00:00:00.000Z" : "2026-01-01 00:00:00"
      await database.rows(
        `INSERT INTO "user" ("id", "name", "email", "emailVerified", "createdAt", "updatedAt") VALUES (?, ?, ?, ?, ?, ?)`,
        ...row,
        yes,
        at,
        at,
      )
      await database.rows(`ALTER TABLE "user" ADD COLUMN "ours" integer`)
      await database.rows(`CREATE TABLE "orders" ("id" integer)`)

      const second = await migrate(application, "auth.mjs")
      assert.deepEqual(second, { code: 0, output: "the tables are up to date: nothing was to be done\n", errors: "" })

      application.write("auth.mjs", config(database.url, { plugins: "username()" }))
      const third = await migrate(application, "auth.mjs")
      assert.deepEqual([third.code, third.errors], [0, "added to user\n"])
      assert.match(third.output, /ALTER TABLE .*user.* ADD COLUMN .*username/)
      assert.doesNotMatch(third.output, /DROP|CREATE TABLE/)
      const [kept] = await database.rows(`SELECT * FROM "user"`)
      assert.deepEqual([kept.id, kept.name, kept.email, kept.ours, kept.username], [...row, null, null])

      // Back to fewer plugins: their columns stay.
      application.write("auth.mjs", config(database.url))
      assert.deepEqual(await migrate(application, "auth.mjs"), second)
      assert.deepEqual(await database.rows(`SELECT "username" FROM "user"`), [{ username: null }])
      assert.deepEqual(await database.rows(`SELECT * FROM "orders"`), [])
      for (const answer of [first, second, third]) quiet(answer)
    })
  })
}

for (const lane of databases) {
  describe(`better-auth check: ${lane.name}`, () => {
    test("shows the tables, warns of what is missing, and changes nothing: codes 2, 0 and 1", async () => {
      const database = await lane.create()
      const application = makeApplication()
      const check = (...more) => application.run("better-auth", "check", "--config", "auth.mjs", ...more)
      try {
        application.write("auth.mjs", config(database.url))
        const none = await check()
        assert.equal(none.code, 2)
        // A SQLite file that is not there is not made.
        if (lane.name === "sqlite") assert.match(none.errors, /^ERR_CONNECT: there is no file /)
        else
          assert.match(
            none.output,
            /the database has no table user; `rust-auth-adapter better-auth migrate` creates it/,
          )
        assert.equal((await migrate(application, "auth.mjs")).code, 0)
        const all = await check()
        assert.deepEqual([all.code, all.errors], [0, ""], all.output)
        assert.match(all.output, /\nuser: found as user\n( {2}.*\n)* {2}emailVerified +emailVerified +\S+ +boolean\n/)
        assert.match(all.output, /\nno warnings\n$/)

        const written = await check("--snapshot", "tables.json", "--json")
        const isWritten = existsSync(join(application.folder, "tables.json"))
        if (lane.name === "sqlite") {
          assert.deepEqual([written.code, isWritten], [2, false])
          assert.equal(JSON.parse(written.output).error.code, "ERR_CONFIG")
        } else {
          assert.deepEqual([written.code, isWritten], [0, true])
          assert.equal(JSON.parse(written.output).snapshot, "tables.json")
          assert.match((await check("--snapshot", "tables.json")).output, /^wrote the snapshot tables\.json\n/)
        }

        await database.rows(`ALTER TABLE "user" ADD COLUMN "email_verified" integer`)
        await database.rows(
          `ALTER TABLE "user" ADD COLUMN "odd" ${{ sqlite: "blob", postgres: "bytea", mysql: "blob" }[lane.name]}`,
        )
        application.write("auth.mjs", config(database.url, { plugins: "username()" }))
        const some = await check("--json")
        assert.equal(some.code, 1)
        const { tables, warnings } = JSON.parse(some.output)
        assert.deepEqual(
          tables.map(({ table, foundAs }) => [table, foundAs]),
          ["user", "session", "account", "verification"].map((table) => [table, table]),
        )
        const adds = "it reads as null, and cannot be written; `rust-auth-adapter better-auth migrate` adds it"
        assert.deepEqual(
          warnings.map(({ message }) => message.replace(/type \w+/, "type T")),
          [
            `user has no column for username: ${adds}`,
            `user has no column for displayUsername: ${adds}`,
            "user spells one name in 2 ways: emailVerified is the field emailVerified, email_verified is left alone; fields, in Better " +
              "Auth's options, says which column stands for which field",
            "user.odd is left alone: its type T is none that JavaScript's values go into",
          ],
        )
        for (const answer of [none, all, some]) quiet(answer)
      } finally {
        await database.close()
      }
    })
  })
}

test("better-auth on a terminal: marks and colours, unless the reader wants none or JSON", async () => {
  const application = makeApplication()
  application.write("auth.mjs", config(`file:${join(application.folder, "a.db")}`))
  const run = (command, env, ...more) =>
    application.onTerminal(["better-auth", command, "--config", "auth.mjs", ...more], env)
  const done = "\x1b[32m✓\x1b[0m"
  assert.ok((await run("check")).shown.startsWith("\x1b[31m✗\x1b[0m ERR_CONNECT: there is no file "))
  assert.ok((await run("migrate")).shown.endsWith(`\n${done} made user, session, account, verification\n`))
  assert.equal((await run("migrate")).shown, `${done} the tables are up to date: nothing was to be done\n`)
  const { code, shown } = await run("check")
  assert.deepEqual([code, shown.slice(shown.indexOf("\x1b[32m"))], [0, "\x1b[32m✓ no warnings\x1b[0m\n"])
  assert.ok(shown.includes("\x1b[1muser\x1b[0m: found as user\n"), shown)
  for (const plain of [await run("check", { NO_COLOR: "1" }), await run("check", {}, "--json")])
    assert.ok(plain.shown.includes("verification") && !["✓", "\x1b"].some((mark) => plain.shown.includes(mark)))
})

test("better-auth check: a database that cannot be reached: code 2", async () => {
  const application = makeApplication()
  application.write("auth.mjs", config("postgres://ada:secret@127.0.0.1:1/app"))
  const { code, output, errors } = await application.run("better-auth", "check", "--config", "auth.mjs")
  assert.deepEqual([code, output], [2, ""])
  assert.match(errors, /^ERR_CONNECT: /)
  const asJson = await application.run("better-auth", "check", "--config", "auth.mjs", "--json")
  assert.deepEqual([asJson.code, JSON.parse(asJson.output).error.code], [2, "ERR_CONNECT"])
})

test("better-auth migrate --json: the statements, the tables that were made and those that were added to", async () => {
  const application = makeApplication()
  const url = `file:${join(application.folder, "a.db")}`
  const asJson = async (...more) => {
    const { code, output, errors } = await application.run(
      "better-auth",
      "migrate",
      "--config",
      "auth.mjs",
      "--json",
      ...more,
    )
    assert.deepEqual([code, errors], [0, ""])
    return JSON.parse(output)
  }
  application.write("auth.mjs", config(url))
  const wanted = await asJson("--dry-run")
  assert.deepEqual([wanted.made, wanted.added], [["user", "session", "account", "verification"], []])
  assert.equal(wanted.statements.filter((statement) => statement.startsWith("CREATE TABLE ")).length, 4)
  assert.deepEqual(await asJson(), wanted)
  assert.deepEqual(await asJson(), { statements: [], made: [], added: [] })
  application.write("auth.mjs", config(url, { plugins: "username()" }))
  const { made, added } = await asJson()
  assert.deepEqual([made, added], [[], ["user"]])
})

test("better-auth --json: errors are JSON, too", async () => {
  const application = makeApplication()
  for (const [args, code, error] of [
    [["drop", "--config", "auth.mjs"], 2, "ERR_USAGE"],
    [["migrate"], 2, "ERR_USAGE"],
    [["migrate", "--force", "--config", "auth.mjs"], 2, "ERR_USAGE"],
    [["migrate", "--config", "missing.mjs"], 1, "ERR_CONFIG"],
    [["check", "--config", "missing.mjs"], 2, "ERR_CONFIG"],
    [["check", "--config", "missing.mjs", "--snapshot", ""], 2, "ERR_USAGE"],
    [["secure", "--config", "missing.mjs"], 1, "ERR_CONFIG"],
  ]) {
    const outcome = await application.run("better-auth", ...args, "--json")
    assert.deepEqual([outcome.code, outcome.errors], [code, ""], args.join(" "))
    const told = JSON.parse(outcome.output).error
    assert.equal(told.code, error)
    assert.ok(told.message.length > 10)
  }
})

describe("better-auth: the environment of the configuration", () => {
  const lines = (...all) => all.join("\n")
  const of = (name) => `DATABASE_URL=file:./${name}.db`
  const text = config("", {
    rest: `if (process.env.OTHER !== "of .env") throw new Error(\`OTHER is \${process.env.OTHER}\`)`,
  }).replace(`const url = ""`, "const url = process.env.DATABASE_URL")
  const start = (files) => {
    const application = makeApplication()
    for (const [name, said] of Object.entries({ "auth.mjs": text, ...files })) application.write(name, said)
    const made = () => readdirSync(application.folder).filter((name) => /^[a-z]+\.db$/.test(name))
    return {
      made,
      migrate: (env, ...more) => application.runIn(env, "better-auth", "migrate", "--config", "auth.mjs", ...more),
    }
  }
  const both = { ".env": lines(of("env"), 'OTHER="of .env"'), ".env.local": of("local") }

  for (const [what, { files = both, env = {}, args = [], db }] of Object.entries({
    ".env.local before .env, each for what it has": { db: "local" },
    "the shell before both": { env: { DATABASE_URL: "file:./shell.db" }, db: "shell" },
    "--env-file instead of both": {
      files: { ...both, ".env.production": lines(of("production"), 'OTHER="of .env"') },
      args: ["--env-file", ".env.production"],
      db: "production",
    },
    "the last --env-file that has it": {
      files: { ...both, ".env.production": of("production") },
      args: ["--env-file", ".env", "--env-file", ".env.production"],
      db: "production",
    },
    "a line that cannot be read, beside one that has the URL": {
      files: { ...both, ".env.local": lines("what is this", of("local")) },
      db: "local",
    },
  })) {
    test(what, async () => {
      const { made, migrate } = start(files)
      const { code, errors } = await migrate(env, ...args)
      assert.deepEqual([code, errors], [0, "made user, session, account, verification\n"])
      assert.deepEqual(made(), [`${db}.db`])
    })
  }

  test("a line that may have hidden the URL leads to no other database, and is not shown", async () => {
    const { made, migrate } = start({ ...both, ".env.local": "hunter2 hunter2" })
    const { code, output, errors } = await migrate({})
    assert.deepEqual([code, output], [1, ""])
    assert.match(errors, /^ERR_CONFIG: \.env\.local cannot be read: one of its lines, and no other has DATABASE_URL/)
    assert.doesNotMatch(errors, /hunter2/)
    assert.deepEqual(made(), [])
  })

  test("no variable and no file: the error says what is missing", async () => {
    const { migrate } = start({})
    const { code, errors } = await migrate({ OTHER: "of .env" })
    assert.equal(code, 1)
    assert.match(errors, /^ERR_CONFIG: the database URL is missing; is DATABASE_URL set\?\n$/)
  })
})

describe("better-auth migrate: what it reads, and what it refuses", () => {
  const application = makeApplication()
  const file = (name) => `sqlite:${application.folder}/${name}.db`
  const refused = async (name, text, expected, code = 1) => {
    if (text !== undefined) application.write(name, text)
    const answer = await migrate(application, name)
    assert.equal(answer.code, code, answer.errors)
    assert.equal(answer.output, "")
    assert.match(answer.errors, expected)
    assert.doesNotMatch(answer.errors, /^\s+at /m)
    quiet(answer)
  }
  const done = async (app, name, text) => {
    app.write(name, text)
    const answer = await migrate(app, name)
    assert.deepEqual([answer.code, answer.errors], [0, "made user, session, account, verification\n"])
    assert.match(answer.output, /^CREATE TABLE /)
  }

  test("ES modules and CommonJS, `auth` or the default export", async () => {
    application.write("package.json", `{ "type": "module" }`)
    await done(application, "auth.js", config(file("esm")))
    await done(application, "default.mjs", config(file("default")).replace("export const auth =", "export default"))
    const required = config(file("cjs"))
      .replaceAll(/import (\{.*\}) from (".*")/g, "const $1 = require($2)")
      .replace("export const auth =", "exports.auth =")
    await done(application, "auth.cjs", required)
  })

  test("TypeScript, through the application's jiti", async () => {
    const typed = makeApplication(["jiti"])
    await done(typed, "auth.ts", config(`sqlite:${typed.folder}/typed.db`, { types: true }))
  })

  test("what a bundler finds and Node.js does not, through jiti: paths of tsconfig.json, no extension, folders, JSX", async () => {
    const bundled = makeApplication(["jiti"])
    bundled.write("tsconfig.json", `{ "compilerOptions": { "paths": { "~/*": ["./*"] } } } // as in create-t3-app`)
    bundled.write("url.ts", `export const url: string = ${JSON.stringify(`sqlite:${bundled.folder}/bundled.db`)}`)
    bundled.write("mail.tsx", `export enum Kind { Welcome }\nexport const mail = () => <p>{Kind.Welcome}</p>`)
    const text = config("", { types: true }).replace(/type Url.*\nconst url: Url.*/, "")
    const imports = `import { url } from "~/url"\nimport { mail } from "./mail"\nvoid mail\n`
    await done(bundled, "auth.ts", imports + text)
  })

  test("the same without jiti says what is missing", async () => {
    await refused(
      "bare.mjs",
      config(file("bare"), { rest: `import "./nothing"` }),
      /bare\.mjs cannot be loaded\n.*nothing.*with jiti 2 installed/,
    )
  })

  test("an application that keeps something open does not keep the command", async () => {
    await done(application, "open.mjs", config(file("open"), { rest: "setInterval(() => {}, 1000)" }))
  })

  const readsTypes = process.features.typescript !== undefined && process.features.typescript !== false
  test("TypeScript without jiti, where Node.js does not read it", async () => {
    if (readsTypes) await done(application, "auth.ts", config(file("types"), { types: true }))
    else
      await refused(
        "auth.ts",
        config(file("types"), { types: true }),
        /auth\.ts cannot be loaded\n.*use 22\.18 or later, or install jiti 2/,
      )
  })

  test("a configuration that is not there, or is not one", async () => {
    await refused("missing.mjs", undefined, /^there is no missing\.mjs\n$/)
    await refused("syntax.mjs", "export const auth = {", /^syntax\.mjs cannot be loaded\n {2}cause: Unexpected/)
    await refused(
      "nothing.mjs",
      "export const other = 1",
      /nothing\.mjs exports no `auth` that betterAuth\(\) returned/,
    )
    await refused(
      "package.mjs",
      `import "a-package-that-is-not-there"`,
      /package\.mjs cannot be loaded\n.*a-package-that-is-not-there/,
    )
    await refused("thrown.mjs", `throw "only a text"`, /thrown\.mjs cannot be loaded\n {2}cause: only a text\n$/)
  })

  test("a database that is not ours", async () => {
    const other = config(file("other")).replace("database: rustAdapter(url),", "")
    await refused("other.mjs", other, /ERR_CONFIG: the option database must be what rustAdapter returns/)
  })

  test("a database that does not answer, without its password", async () => {
    await refused("away.mjs", config(`postgres://me:${PASSWORD}@127.0.0.1:1/app`), /ERR_\w+: /)
    await refused("scheme.mjs", config(`oracle://me:${PASSWORD}@127.0.0.1:1/app`), /ERR_CONFIG: /)
  })

  test("a wrong command line", async () => {
    for (const args of [
      ["migrate"],
      [],
      ["drop", "--config", "auth.js"],
      ["migrate", "--config"],
      ["migrate", "--force", "--config", "auth.js"],
    ]) {
      const { code, output, errors } = await application.run("better-auth", ...args)
      assert.deepEqual([code, output], [2, ""])
      assert.match(errors, /Usage: rust-auth-adapter better-auth migrate --config <file>/)
    }
    const { code, output } = await application.run("better-auth", "--help")
    assert.equal(code, 0)
    assert.match(output, /^Usage: rust-auth-adapter better-auth migrate/)
  })
})
