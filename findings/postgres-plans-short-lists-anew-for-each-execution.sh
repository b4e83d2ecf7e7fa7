#!/usr/bin/env bash
#
# PostgreSQL plans a prepared join with a list anew for each execution, for ever, as long as the lists have fewer than some ten items.
#
# Versions: PostgreSQL 15.18 (Debian 12, postgresql-15 15.18-0+deb12u1), pg 8.16.3, Node.js 20.20.2.
#
# One would have guessed: after five executions PostgreSQL goes over to one plan for all (plan_cache_mode = auto), since the plan is
# the same for each list: an index is asked for each item.
#
# What happens: without the list at hand the planner takes unnest($1) to have ten rows; with it, it counts them. The plan for all is
# therefore dearer than a plan for eight keys by more than the planning is taken to cost, and is never chosen: pg_prepared_statements
# counts custom plans alone. A statement that changes as many rows as callers wait takes half as long again, or twice as long,
# whenever few wait. From ten items on the plan for all is chosen. In a sub-select, as unnest((SELECT $1::text[])), the planner
# does not see the list, both plans cost the same, and the plan for all is chosen for lists of any length.
#
# Needs: initdb and postgres 14 or later (Debian: postgresql), the user postgres, root, Node.js, npm. Takes ten seconds. The script
# exits with an error if the behaviour changes.
#
# Seen:
#   15.18 (Debian 15.18-0+deb12u1)
#   unnest($1), 1 items: 100 executions, planned for the list 100 times, for all lists 0 times
#   unnest($1), 4 items: 100 executions, planned for the list 100 times, for all lists 0 times
#   unnest($1), 8 items: 100 executions, planned for the list 100 times, for all lists 0 times
#   unnest($1), 16 items: 100 executions, planned for the list 5 times, for all lists 95 times
#   unnest($1), 64 items: 100 executions, planned for the list 5 times, for all lists 95 times
#   unnest((SELECT $1)), 1 items: 100 executions, planned for the list 5 times, for all lists 95 times
#   … and so for 4, 8, 16 and 64 items
#   as described

set -euo pipefail
export LC_ALL=C

folder=$(mktemp -d)
clean() {
  for job in $(jobs -pr); do kill "$job" 2>/dev/null || true; done
  wait
  rm -rf "$folder"
}
trap clean EXIT
trap 'exit 130' INT TERM

# Runs a command in the background, so that a signal ends it with this script, and for so many seconds at most.
limited() { timeout --kill-after=10 "$1" nice -n 19 "${@:2}" & }
run() { limited "$@" && wait "$!"; }

programs=$(command -v initdb >/dev/null && dirname "$(command -v initdb)" || ls -d /usr/lib/postgresql/*/bin | tail -n 1)
# A private server, as the user postgres, that only answers on its socket.
chmod 711 "$folder"
mkdir "$folder/server" "$folder/client"
chown postgres: "$folder/server"
run 60 setpriv --reuid=postgres --regid=postgres --clear-groups "$programs/initdb" --pgdata="$folder/server/data" --auth=trust \
  --no-locale --encoding=UTF8 --no-sync >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
limited 120 setpriv --reuid=postgres --regid=postgres --clear-groups "$programs/postgres" -D "$folder/server/data" \
  -c listen_addresses= -c unix_socket_directories="$folder/server" -c fsync=off -c autovacuum=off >"$folder/log" 2>&1

cd "$folder/client"
echo '{ "private": true }' >package.json
run 40 npm install --no-audit --no-fund --loglevel=error --save-exact pg@8.16.3 >/dev/null

cat >run.mjs <<'JS'
import assert from "node:assert/strict"
import { setTimeout as pause } from "node:timers/promises"
import pg from "pg"

const [host] = process.argv.slice(2)

async function connect() {
  for (let attempt = 1; ; attempt++) {
    const client = new pg.Client({ host, user: "postgres", database: "postgres" })
    try {
      await client.connect()
      return client
    } catch (error) {
      if (attempt === 100) throw error
      await pause(200)
    }
  }
}

const client = await connect()
console.log((await client.query("SHOW server_version")).rows[0].server_version)
await client.query(`CREATE TABLE kept (k text PRIMARY KEY, n int NOT NULL DEFAULT 0);
  INSERT INTO kept SELECT 'key ' || i FROM generate_series(1, 10000) i; ANALYZE kept`)

const joined = (list) => `UPDATE kept b SET n = n + 1 FROM ${list} AS g(k) WHERE b.k = g.k RETURNING b.k`
const forms = {
  "unnest($1)": joined("unnest($1::text[])"),
  "unnest((SELECT $1))": joined("unnest((SELECT $1::text[]))"),
}
const plans = {}
for (const [form, text] of Object.entries(forms)) {
  for (const items of [1, 4, 8, 16, 64]) {
    const name = `${form}, ${items} items`
    for (let execution = 0; execution < 100; execution++) {
      const keys = Array.from({ length: items }, (_, item) => `key ${1 + ((execution * 71 + item * 131) % 10_000)}`)
      assert.equal((await client.query({ name, text, values: [keys] })).rowCount, items)
    }
    const asked = "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE name = $1"
    const [{ generic_plans, custom_plans }] = (await client.query(asked, [name])).rows
    console.log(`${name}: 100 executions, planned for the list ${custom_plans} times, for all lists ${generic_plans} times`)
    plans[name] = Number(custom_plans)
  }
}
for (const items of [1, 4, 8]) assert.equal(plans[`unnest($1), ${items} items`], 100)
for (const items of [16, 64]) assert.equal(plans[`unnest($1), ${items} items`], 5)
for (const items of [1, 4, 8, 16, 64]) assert.equal(plans[`unnest((SELECT $1)), ${items} items`], 5)
await client.end()
console.log("as described")
JS
run 60 node run.mjs "$folder/server" || { cat "$folder/log"; exit 1; }
