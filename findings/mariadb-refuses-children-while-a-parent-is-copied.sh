#!/usr/bin/env bash
#
# MariaDB refuses children of a parent that is there, while it copies the parents' table.
#
# Versions: MariaDB 10.11.19 (Debian 12, mariadb-server-core 1:10.11.19-0+deb12u1), mysql2 3.15.3, Node.js 20.20.2.
#
# One would have guessed: a foreign key only fails if the parent is missing, and ALTER TABLE is atomic for all others, who
# see the table as it was or as it is to be. At worst they wait.
#
# What happens: 100 parents are inserted once, and nobody deletes one. Eight connections insert children of them. A ninth
# connection runs ALTER TABLE on the parents' table with ALGORITHM=COPY, again and again; it makes a varchar a text and
# back. MariaDB refuses some of the children with error 1452 ("a foreign key constraint fails"). When no ALTER runs any
# more, MariaDB takes each of the refused children.
# - LOCK=EXCLUSIVE does not help: MariaDB refuses children all the same.
# - ALGORITHM=INPLACE (with FORCE) helps: MariaDB rebuilds the table and refuses no child.
# - A transaction that has read the parent before it inserts the child is not refused either: none of 10,000 was.
#
# Needs: mariadbd, mariadb-install-db and my_print_defaults (Debian: mariadb-server-core, mariadb-client-core), the user
# mysql, root, Node.js, npm. Takes half a minute. The script exits with an error if the behaviour changes; the numbers of
# ALTERs and of refused children differ from run to run.
#
# Seen:
#   10.11.19-MariaDB-0+deb12u1
#   no ALTER: 0 ALTERs, 0 of 10000 inserts refused with 1452
#   FORCE, ALGORITHM=INPLACE: 14 ALTERs, 0 of 10000 inserts refused with 1452
#   ALGORITHM=COPY: 22 ALTERs, 302 of 10000 inserts refused with 1452
#     the error: Cannot add or update a child row: a foreign key constraint fails (`family`.`child`, CONSTRAINT `child_ibfk_1` FOREIGN KEY (`parent`) REFERENCES `parent` (`id`))
#     afterwards: the same 302 inserts succeeded
#   ALGORITHM=COPY, LOCK=EXCLUSIVE: 25 ALTERs, 497 of 10000 inserts refused with 1452
#     the error: Cannot add or update a child row: a foreign key constraint fails (`family`.`child`, CONSTRAINT `child_ibfk_1` FOREIGN KEY (`parent`) REFERENCES `parent` (`id`))
#     afterwards: the same 497 inserts succeeded
#   ALGORITHM=COPY, and the insert's transaction has read its parent: 73 ALTERs, 0 of 10000 inserts refused with 1452
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
limited 170 mariadbd --no-defaults --user=mysql --datadir="$folder/server/data" --socket="$folder/server/socket" \
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
const PARENTS = 100
const CALLERS = 8
const INSERTS = 10_000 // of each case
const PARENT_IS_MISSING = 1452

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

const changer = await connect()
const callers = await Promise.all(Array.from({ length: CALLERS }, connect))
await changer.query("CREATE DATABASE family")
for (const connection of [changer, ...callers]) await connection.query("USE family")
await changer.query("CREATE TABLE parent (id int PRIMARY KEY, note varchar(100)) ENGINE=InnoDB")
await changer.query(
  "CREATE TABLE child (id int AUTO_INCREMENT PRIMARY KEY, parent int NOT NULL, FOREIGN KEY (parent) REFERENCES parent (id)) ENGINE=InnoDB",
)
for (let id = 1; id <= PARENTS; id++) await changer.query("INSERT INTO parent VALUES (?, 'here to stay')", [id])

const insert = (connection, parent) => connection.query("INSERT INTO child (parent) VALUES (?)", [parent])
async function lookAndInsert(connection, parent) {
  await connection.query("BEGIN")
  try {
    const [rows] = await connection.query("SELECT id FROM parent WHERE id = ?", [parent])
    assert.equal(rows.length, 1)
    await insert(connection, parent)
  } finally {
    await connection.query("COMMIT")
  }
}
const count = async (table) => (await changer.query(`SELECT count(*) AS n FROM ${table}`))[0][0].n

/** Callers insert children of parents that exist, while the parents' table is altered again and again. */
async function measure(name, statements, call = insert) {
  await changer.query("TRUNCATE child")
  let given = 0
  let alters = 0
  let inserting = true
  const refused = []
  const caller = async (connection) => {
    while (given < INSERTS) {
      const parent = 1 + (given++ % PARENTS)
      try {
        await call(connection, parent)
      } catch (error) {
        if (error.errno !== PARENT_IS_MISSING) throw error
        refused.push({ parent, message: error.message })
      }
    }
  }
  const alter = async () => {
    while (inserting && statements.length) {
      await changer.query(statements[alters++ % statements.length])
      await pause(10)
    }
  }
  await Promise.all([Promise.all(callers.map(caller)).finally(() => (inserting = false)), alter()])

  console.log(`${name}: ${alters} ALTERs, ${refused.length} of ${given} inserts refused with ${PARENT_IS_MISSING}`)
  assert.equal(await count("parent"), PARENTS)
  assert.equal(await count("child"), given - refused.length)
  for (const { parent } of refused) await insert(callers[0], parent)
  assert.equal(await count("child"), given)
  if (refused.length) {
    console.log(`  the error: ${refused[0].message}`)
    console.log(`  afterwards: the same ${refused.length} inserts succeeded`)
  }
  return refused.length
}

console.log((await changer.query("SELECT version() AS version"))[0][0].version)
const copy = ["MODIFY note text", "MODIFY note varchar(100)"].map((to) => `ALTER TABLE parent ${to}, ALGORITHM=COPY`)
const seen = {
  undisturbed: await measure("no ALTER", []),
  inplace: await measure("FORCE, ALGORITHM=INPLACE", ["ALTER TABLE parent FORCE, ALGORITHM=INPLACE"]),
  copy: await measure("ALGORITHM=COPY", copy),
  exclusive: await measure(
    "ALGORITHM=COPY, LOCK=EXCLUSIVE",
    copy.map((statement) => `${statement}, LOCK=EXCLUSIVE`),
  ),
  looked: await measure("ALGORITHM=COPY, and the insert's transaction has read its parent", copy, lookAndInsert),
}
assert.equal(seen.undisturbed, 0)
assert.equal(seen.inplace, 0)
assert.ok(seen.copy > 0, "ALGORITHM=COPY no longer refuses children")
assert.ok(seen.exclusive > 0, "LOCK=EXCLUSIVE no longer refuses children")
assert.equal(seen.looked, 0)
for (const connection of [changer, ...callers]) await connection.end()
console.log("as described")
JS
run 90 node run.mjs "$folder/server/socket" || { cat "$folder/log"; exit 1; }
