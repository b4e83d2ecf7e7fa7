#!/usr/bin/env bash
#
# MariaDB takes the parameters of a VALUES list for empty texts in a prepared statement, and reports nothing.
#
# Versions: MariaDB 10.11.19 (Debian 12, mariadb-server-core 1:10.11.19-0+deb12u1), mysql2 3.15.3, Node.js 20.20.2.
#
# One would have guessed: a list of rows (`VALUES (?), (?)`, a table value constructor) takes parameters as `IN (?, ?)` and
# `SELECT ? UNION ALL SELECT ?` do, or MariaDB refuses to prepare the statement.
#
# What happens: the statement is prepared and executed without an error or a warning. Each parameter within the list is an
# empty binary text, whatever is given for it: a join with the list and an IN find no row, and NOT IN, also of a DELETE, finds
# all rows. The same text with literals, the same with CAST(? AS CHAR(20)), and UNION ALL do what one would have guessed. It
# makes no difference whether a client prepares (the binary protocol) or the statement PREPARE does.
#
# Needs: mariadbd, mariadb-install-db and my_print_defaults (Debian: mariadb-server-core, mariadb-client-core), the user
# mysql, root, Node.js, npm. Takes ten seconds. The script exits with an error if the behaviour changes.
#
# Seen:
#   10.11.19-MariaDB-0+deb12u1
#   k IN (?, ?): literals 2 of 2, prepared 2 of 2, warnings 0
#   k IN (VALUES (?), (?)): literals 2 of 2, prepared 0 of 2, warnings 0
#   a join with VALUES (?), (?): literals 2 of 2, prepared 0 of 2, warnings 0
#   a join with VALUES (CAST(? AS CHAR(20))), …: literals 2 of 2, prepared 2 of 2, warnings 0
#   a join with SELECT ? UNION ALL SELECT ?: literals 2 of 2, prepared 2 of 2, warnings 0
#   what the list holds, by the binary protocol: "" and "", by PREPARE: "" and ""
#   DELETE … WHERE k NOT IN (VALUES (?), (?)), of 3 rows of which 2 are named: literals delete 1, prepared 3
#   as described

set -euo pipefail
export LC_ALL=C

folder=$(mktemp -d)
clean() {
  # Only those that still run.
  for job in $(jobs -pr); do kill "$job" 2>/dev/null || true; done
  wait
  rm -rf "$folder"
}
trap clean EXIT
trap 'exit 130' INT TERM

# Runs a command in the background, so that a signal ends it with this script, and for so many seconds at most.
limited() { timeout --kill-after=10 "$1" nice -n 19 "${@:2}" & }
run() { limited "$@" && wait "$!"; }

# A private server, as the user mysql, that only answers on its socket.
chmod 711 "$folder"
mkdir "$folder/server" "$folder/client"
chown mysql: "$folder/server"
run 40 mariadb-install-db --no-defaults --user=mysql --datadir="$folder/server/data" \
  --auth-root-authentication-method=normal --skip-test-db >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
limited 120 mariadbd --no-defaults --user=mysql --datadir="$folder/server/data" --socket="$folder/server/socket" \
  --pid-file="$folder/server/pid" --skip-networking --skip-log-bin --innodb-flush-log-at-trx-commit=0 \
  --innodb-buffer-pool-size=64M >"$folder/log" 2>&1

cd "$folder/client"
echo '{ "private": true }' >package.json
run 40 npm install --no-audit --no-fund --loglevel=error --save-exact mysql2@3.15.3 >/dev/null

cat >run.mjs <<'JS'
import assert from "node:assert/strict"
import { setTimeout as pause } from "node:timers/promises"
import mysql from "mysql2/promise"

const [socketPath] = process.argv.slice(2)

async function connect() {
  for (let attempt = 1; ; attempt++) {
    try {
      return await mysql.createConnection({ socketPath, user: "root" })
    } catch (error) {
      if (attempt === 100) throw error
      await pause(200)
    }
  }
}

const connection = await connect()
await connection.query("CREATE DATABASE box")
await connection.query("USE box")
const rows = async (how, text, values) => (await connection[how](text, values))[0]
/** Three rows, as they are at first. */
async function fill() {
  await connection.query("CREATE OR REPLACE TABLE kept (k varchar(20) PRIMARY KEY)")
  await connection.query("INSERT INTO kept VALUES ('one'), ('two'), ('three')")
}

console.log((await rows("query", "SELECT version() AS version"))[0].version)
await fill()
const named = ["one", "two"]
const joined = (list) => `WITH list (k) AS (${list}) SELECT kept.k FROM list JOIN kept ON kept.k = list.k`
const forms = {
  "k IN (?, ?)": { text: "SELECT k FROM kept WHERE k IN (?, ?)", finds: 2 },
  "k IN (VALUES (?), (?))": { text: "SELECT k FROM kept WHERE k IN (VALUES (?), (?))", finds: 0 },
  "a join with VALUES (?), (?)": { text: joined("VALUES (?), (?)"), finds: 0 },
  "a join with VALUES (CAST(? AS CHAR(20))), …": {
    text: joined("VALUES (CAST(? AS CHAR(20))), (CAST(? AS CHAR(20)))"),
    finds: 2,
  },
  "a join with SELECT ? UNION ALL SELECT ?": { text: joined("SELECT ? UNION ALL SELECT ?"), finds: 2 },
}
for (const [name, { text, finds }] of Object.entries(forms)) {
  const literals = (await rows("query", text, named)).length
  const prepared = (await rows("execute", text, named)).length
  const warnings = (await rows("query", "SHOW WARNINGS")).length
  console.log(`${name}: literals ${literals} of 2, prepared ${prepared} of 2, warnings ${warnings}`)
  assert.deepEqual([literals, prepared, warnings], [2, finds, 0], name)
}

const list = "WITH list (k) AS (VALUES (?), (?)) SELECT k FROM list"
const held = (found) => found.map(({ k }) => JSON.stringify(String(k))).join(" and ")
const binary = held(await rows("execute", list, named))
await connection.query(`PREPARE listed FROM '${list}'`)
await connection.query("SET @one = 'one', @two = 'two'")
const prepared = held(await rows("query", "EXECUTE listed USING @one, @two"))
console.log(`what the list holds, by the binary protocol: ${binary}, by PREPARE: ${prepared}`)
assert.deepEqual([binary, prepared], ['"" and ""', '"" and ""'])

const deletes = {}
for (const how of ["query", "execute"]) {
  await fill()
  deletes[how] = (await rows(how, "DELETE FROM kept WHERE k NOT IN (VALUES (?), (?))", named)).affectedRows
}
console.log(
  `DELETE … WHERE k NOT IN (VALUES (?), (?)), of 3 rows of which 2 are named: literals delete ${deletes.query}, prepared ${deletes.execute}`,
)
assert.deepEqual(deletes, { query: 1, execute: 3 })
await connection.end()
console.log("as described")
JS
run 60 node run.mjs "$folder/server/socket" || { cat "$folder/log"; exit 1; }
