#!/usr/bin/env bash
#
# MariaDB: a transaction that deletes children before their parent, and an ALTER TABLE of the parents' table, wait for each
# other until one is timed out. The parent first, they do not.
#
# Versions: MariaDB 10.11.19 (Debian 12, mariadb-server-core 1:10.11.19-0+deb12u1), mysql2 3.15.3, Node.js 20.20.2.
#
# One would have guessed: a transaction of two DELETEs and an ALTER TABLE wait for each other at most for as long as one of
# them takes; and where they could only wait for ever, the server sees that and ends one of them at once, as it does with
# two transactions.
#
# What happens: a transaction deletes a child, and holds a lock on its row. Another connection's ALTER TABLE of the parents'
# table takes that table's metadata lock, then waits for the child's. The transaction goes on to delete the parent, and
# waits for the metadata lock. MariaDB's detection of deadlocks knows row locks only: both wait until innodb_lock_wait_timeout
# is over (50 s by default, 3 s here). ALTER TABLE fails with error 1205, and the transaction goes on.
# - It is so for an ADD COLUMN, which is instant otherwise, and for an ALTER TABLE that copies the table.
# - A transaction that takes the parent first, by SELECT ... FOR UPDATE or by deleting it, has the metadata lock before it has
#   locks on children: its next statements do not wait, and ALTER TABLE only waits for its end.
#
# Needs: mariadbd, mariadb-install-db and my_print_defaults (Debian: mariadb-server-core, mariadb-client-core), the user
# mysql, root, Node.js, npm. Takes half a minute. The script exits with an error if the behaviour changes.
#
# Seen:
#   10.11.19-MariaDB-0+deb12u1
#   child, parent; ALTER TABLE parent ADD COLUMN more int: the second statement: done after the time-out; the ALTER: 1205 after the time-out
#   parent, child; ALTER TABLE parent ADD COLUMN more int: the second statement: done; the ALTER: done
#   parent FOR UPDATE, child; ALTER TABLE parent ADD COLUMN more int: the second statement: done; the ALTER: done
#   child, parent; ALTER TABLE parent MODIFY note text, ALGORITHM=COPY: the second statement: done after the time-out; the ALTER: 1205 after the time-out
#   parent, child; ALTER TABLE parent MODIFY note text, ALGORITHM=COPY: the second statement: done; the ALTER: done
#   parent FOR UPDATE, child; ALTER TABLE parent MODIFY note text, ALGORITHM=COPY: the second statement: done; the ALTER: done
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
const TIMEOUT = 3 // seconds
const LOCK_WAIT_TIMEOUT = 1205

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

const [deleter, changer] = [await connect(), await connect()]
await changer.query("CREATE DATABASE family")
for (const connection of [deleter, changer]) {
  await connection.query("USE family")
  await connection.query(`SET innodb_lock_wait_timeout = ${TIMEOUT}, lock_wait_timeout = 30`)
}

/** How it ends, and whether it had to wait for a time-out. */
async function ends(query) {
  const begun = Date.now()
  const outcome = await query.then(
    () => "done",
    (error) => error.errno,
  )
  return { outcome, waited: Date.now() - begun > (TIMEOUT - 1) * 1000 }
}

async function measure(name, statements, alter) {
  for (const table of ["child", "parent"]) await changer.query(`DROP TABLE IF EXISTS ${table}`)
  await changer.query("CREATE TABLE parent (id int PRIMARY KEY, note varchar(100)) ENGINE=InnoDB")
  await changer.query(
    "CREATE TABLE child (id int PRIMARY KEY, parent int NOT NULL, FOREIGN KEY (parent) REFERENCES parent (id) ON DELETE CASCADE) ENGINE=InnoDB",
  )
  await changer.query("INSERT INTO parent VALUES (1, 'note')")
  await changer.query("INSERT INTO child VALUES (1, 1)")
  await deleter.query("BEGIN")
  await deleter.query(statements[0])
  const altered = ends(changer.query(alter))
  await pause(500) // the ALTER has begun, and waits
  const next = await ends(deleter.query(statements[1]))
  await deleter.query("COMMIT")
  const seen = { next, alter: await altered }
  const said = ({ outcome, waited }) => `${outcome}${waited ? " after the time-out" : ""}`
  console.log(`${name}; ${alter}: the second statement: ${said(seen.next)}; the ALTER: ${said(seen.alter)}`)
  return seen
}

console.log((await changer.query("SELECT version() AS version"))[0][0].version)
const child = "DELETE FROM child WHERE parent = 1"
const parent = "DELETE FROM parent WHERE id = 1"
for (const alter of ["ALTER TABLE parent ADD COLUMN more int", "ALTER TABLE parent MODIFY note text, ALGORITHM=COPY"]) {
  assert.deepEqual(await measure("child, parent", [child, parent], alter), {
    next: { outcome: "done", waited: true },
    alter: { outcome: LOCK_WAIT_TIMEOUT, waited: true },
  })
  const neither = { next: { outcome: "done", waited: false }, alter: { outcome: "done", waited: false } }
  assert.deepEqual(await measure("parent, child", [parent, child], alter), neither)
  const seize = "SELECT id FROM parent WHERE id = 1 FOR UPDATE"
  assert.deepEqual(await measure("parent FOR UPDATE, child", [seize, child], alter), neither)
}
for (const connection of [deleter, changer]) await connection.end()
console.log("as described")
JS
run 90 node run.mjs "$folder/server/socket" || { cat "$folder/log"; exit 1; }
