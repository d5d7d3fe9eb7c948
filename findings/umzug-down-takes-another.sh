#!/usr/bin/env bash
# umzug 3.8.3 beside knex 3.3.0, on PostgreSQL 18 (PGlite 0.5.14 behind a socket).
#
# Behaviour: umzug leaves out what is recorded as executed but has no file, without a word. down() then
# reverts the newest migration that does have a file.
# An expert expects: an error that the newest migration is unknown here, as knex and Flyway have it; or
# that down() reverts the newest one or nothing.
# Seen: 1, 2 and 3 are executed. From a release that has the files 1 and 2, down() reverts 2. 1 and 3 stay,
# in an order that never was.
# Why it matters: "back to the release before, then down" is how a bad deploy is undone. Here it drops a
# column that both releases need, with its data, and keeps the bad one.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

pglite_packages umzug@3.8.3 knex@3.3.0 pg@8.23.1

cat >try.mjs <<'EOF'
import knex from "knex";
import { memoryStorage, Umzug } from "umzug";
import { address, stop } from "./server.mjs";

const releases = { newer: ["1", "2", "3"], older: ["1", "2"] };
const steps = { up: async () => {}, down: async () => {} };

const storage = memoryStorage();
for (const [release, names] of Object.entries(releases)) {
  const umzug = new Umzug({ migrations: names.map((name) => ({ name, ...steps })), storage, logger: undefined });
  const done = release === "newer" ? await umzug.up() : await umzug.down();
  console.log(`umzug, ${release} release: ${done.map(({ name }) => name)}, then executed ${await storage.executed()}`);
}
const db = knex({
  client: "pg",
  connection: address,
  pool: { min: 1, max: 1 },
});
for (const [release, names] of Object.entries(releases)) {
  const migrationSource = {
    getMigrations: async () => names,
    getMigrationName: (name) => name,
    getMigration: async () => steps,
  };
  const run = release === "newer" ? db.migrate.latest({ migrationSource }) : db.migrate.down({ migrationSource });
  const done = await run.then(([, names]) => names.join(), ({ message }) => message.split(",")[0]);
  console.log(`knex, ${release} release: ${done}`);
}
await db.destroy();
await stop();
EOF

as_described "$(node try.mjs)" <<'EOF'
umzug, newer release: 1,2,3, then executed 1,2,3
umzug, older release: 2, then executed 1,3
knex, newer release: 1,2,3
knex, older release: The migration directory is corrupt
EOF
