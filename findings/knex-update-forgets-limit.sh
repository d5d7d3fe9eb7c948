#!/usr/bin/env bash
# knex 3.3.0, client pg (statements are compiled, none is run).
#
# Behaviour: delete with limit() or having() is refused, because the clause would be dropped. Update
# with the same clauses, with join() or with forUpdate().skipLocked(), and delete with offset(), are
# compiled without the clause and without a word: every row is changed.
# An expert expects: the guard that delete has to hold for update as well; or the clause to be kept
# by means of a subquery.
# Seen: see below. Only `whereIn(key, subquery)` keeps a limit.
# Why it matters: "take one job from the queue" takes them all, and a join that was to narrow an
# update does not. The guard on delete makes one believe in a guard on update.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages knex@3.3.0

cat >try.mjs <<'EOF'
import knex from "knex";

const db = knex({ client: "pg" });
function compile(what, query) {
  let sql;
  try {
    sql = query.toString();
  } catch (error) {
    sql = error.message.startsWith("Aborted query compilation") ? "refused" : error.message;
  }
  console.log(`${what}: ${sql}`);
}
const running = { state: "running" };
compile("delete, limit", db("jobs").limit(1).del());
compile("delete, having", db("jobs").having("id", ">", 1).del());
compile("delete, offset", db("jobs").orderBy("id").offset(1).del());
compile("update, limit", db("jobs").orderBy("id").limit(1).update(running));
compile("update, skip locked", db("jobs").forUpdate().skipLocked().limit(1).update(running));
compile("update, join", db("jobs").join("due", "due.id", "jobs.id").update(running));
EOF

as_described "$(node try.mjs)" <<'EOF'
delete, limit: refused
delete, having: refused
delete, offset: delete from "jobs"
update, limit: update "jobs" set "state" = 'running'
update, skip locked: update "jobs" set "state" = 'running'
update, join: update "jobs" set "state" = 'running'
EOF
