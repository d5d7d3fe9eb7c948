import { parseArgs } from "node:util";
import { loadConfig } from "./config.ts";
import { settleLogs } from "./platform/audit/settle-logs.ts";
import { listMigrations } from "./platform/database/migration-source.ts";
import { migrationStatus, type MigrationStatus } from "./platform/database/migration-status.ts";
import { createMigrator } from "./platform/database/migrator.ts";
import { openDatabase } from "./platform/database/open-database.ts";
import { waitForDatabase } from "./platform/database/wait-for-database.ts";
import { createLogger } from "./platform/log/create-logger.ts";
import { migrationFolders } from "./platform/modules/discover-modules.ts";
import { exitCodes, Refusal, reportFatal } from "./platform/process/report-fatal.ts";

const usage = `node src/migrate.ts COMMAND [--json]

  up       apply what is pending, each migration in a transaction of its own
  down     take the newest migration back
  status   say what is applied, pending and unknown; --json for programs
  unlock   free the lock that a crashed migration left behind

Exit codes: 0 done, 1 a migration failed (schema and lock are as before it), 64 wrong usage,
69 the database cannot be reached, 78 a setting is wrong.
`;

/**
 * A migration that waits for a lock makes every later query on the table wait behind it: give up
 * early and retry.
 */
const lockTimeout = 5000;

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}

function describe({ applied, pending, unknown }: MigrationStatus): string[] {
  return [
    ...applied.map(
      ({ name, at }) =>
        `applied  ${name}  ${at}${unknown.includes(name) ? "  (unknown to this release)" : ""}`,
    ),
    ...pending.map((name) => `pending  ${name}`),
    `${applied.length} applied, ${pending.length} pending, ${unknown.length} unknown to this release`,
  ];
}

/** Says which setting ended a statement. */
function explained(error: unknown, milliseconds: number): unknown {
  if (!(error instanceof Error && error.message.includes("canceling statement due to statement timeout")))
    return error;
  return new Refusal(
    `A statement of a migration took longer than ${milliseconds / 1000} s and was cancelled: ${error.message}\n` +
      "Raise the stack's setting migrationTimeout (seconds; MIGRATION_STATEMENT_TIMEOUT, in milliseconds, outside of a stack), " +
      "or make the migration work in steps.",
  );
}

async function run(command: string, json: boolean): Promise<void> {
  const config = loadConfig();
  const log = createLogger({ level: config.logLevel, stack: config.stack, release: config.release });
  const database = openDatabase(config.database, {
    applicationName: `migrate ${config.release}`,
    log,
    statementTimeout: config.migrationStatementTimeout,
    lockTimeout,
    // What a migration computes between two statements takes as long as it takes.
    idleInTransaction: 0,
    poolMax: 3,
  });
  try {
    await waitForDatabase(database, config.database, log);
    const files = await listMigrations(await migrationFolders());
    const migrator = createMigrator({ database, files, log });
    if (command === "up") {
      const done = await migrator.up();
      await settleLogs(database, config.retention);
      print([
        done.length === 0
          ? "Nothing to apply: the schema is current."
          : `Applied ${done.length}: ${done.join(", ")}`,
      ]);
    } else if (command === "down") {
      const done = await migrator.down();
      print([done.length === 0 ? "Nothing to take back." : `Taken back: ${done.join(", ")}`]);
    } else if (command === "unlock") {
      print([(await migrator.unlock()) ? "The lock is free again." : "There was no lock."]);
    } else {
      const status = await migrationStatus(database, files);
      print(json ? [JSON.stringify(status)] : describe(status));
    }
  } catch (error) {
    throw explained(error, config.migrationStatementTimeout);
  } finally {
    await database.destroy();
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean", default: false }, help: { type: "boolean", default: false } },
});
const command = positionals[0] ?? "";
if (values.help) {
  process.stdout.write(usage);
} else if (positionals.length !== 1 || !["up", "down", "status", "unlock"].includes(command)) {
  process.stderr.write(usage);
  process.exitCode = exitCodes.usage;
} else {
  try {
    await run(command, values.json);
  } catch (error) {
    reportFatal(error);
  }
}
