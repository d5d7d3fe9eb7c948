import { Command } from "commander";
import { addBuild } from "./commands/build.ts";
import { addCerts } from "./commands/certs.ts";
import { addCanary } from "./commands/canary.ts";
import { addCheck } from "./commands/check.ts";
import type { AddCommand, Run } from "./commands/command.ts";
import { addCreateAdmin } from "./commands/create-admin.ts";
import { addDrill } from "./commands/drill.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addDown } from "./commands/down.ts";
import { addEnv } from "./commands/env.ts";
import { addLite } from "./commands/lite.ts";
import { addLogs } from "./commands/logs.ts";
import { addMaintenance } from "./commands/maintenance.ts";
import { addMigrate } from "./commands/migrate.ts";
import { addNew } from "./commands/new.ts";
import { addPreview } from "./commands/preview.ts";
import { addPromote } from "./commands/promote.ts";
import { addPsql } from "./commands/psql.ts";
import { addReleases } from "./commands/releases.ts";
import { addRollback } from "./commands/rollback.ts";
import { addRotate } from "./commands/rotate.ts";
import { addRemove } from "./commands/remove.ts";
import { addSeed } from "./commands/seed.ts";
import { addShell } from "./commands/shell.ts";
import { addStatus } from "./commands/status.ts";
import { addTest } from "./commands/test.ts";
import { addUp } from "./commands/up.ts";

/** In the order in which the help shows them. */
const commands: readonly AddCommand[] = [
  addUp,
  addDown,
  addPreview,
  addBuild,
  addReleases,
  addRollback,
  addPromote,
  addCanary,
  addRotate,
  addStatus,
  addLogs,
  addShell,
  addPsql,
  addMigrate,
  addCreateAdmin,
  addSeed,
  addNew,
  addRemove,
  addLite,
  addCerts,
  addMaintenance,
  addDoctor,
  addEnv,
  addTest,
  addDrill,
  addCheck,
];

/**
 * The whole program, which knows its commands and runs none of them by itself.
 * @param run what a command's work is given to
 */
export function createProgram(run: Run): Command {
  const program = new Command("berth")
    .description("Put an Express/Knex application on your own Docker hosts with Pulumi.")
    .usage("<command> [options]")
    .helpCommand("help [command]", "show the help of a command")
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText(
      "after",
      "\nEvery command has --help with examples. docs/commands.md has them all, and the exit codes.",
    );
  for (const add of commands) add(program, run);
  return program;
}
