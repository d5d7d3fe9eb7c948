import { Command } from "commander";
import type { AddCommand, Run } from "./commands/command.ts";

/**
 * The commands by name, in the order in which the help shows them. Each file is loaded when it is
 * wanted.
 */
const commands: Readonly<Record<string, () => Promise<AddCommand>>> = {
  up: async () => (await import("./commands/up.ts")).addUp,
  down: async () => (await import("./commands/down.ts")).addDown,
  preview: async () => (await import("./commands/preview.ts")).addPreview,
  build: async () => (await import("./commands/build.ts")).addBuild,
  releases: async () => (await import("./commands/releases.ts")).addReleases,
  sbom: async () => (await import("./commands/sbom.ts")).addSbom,
  sign: async () => (await import("./commands/sign.ts")).addSign,
  rollback: async () => (await import("./commands/rollback.ts")).addRollback,
  promote: async () => (await import("./commands/promote.ts")).addPromote,
  canary: async () => (await import("./commands/canary.ts")).addCanary,
  rotate: async () => (await import("./commands/rotate.ts")).addRotate,
  upgrade: async () => (await import("./commands/upgrade.ts")).addUpgrade,
  status: async () => (await import("./commands/status.ts")).addStatus,
  logs: async () => (await import("./commands/logs.ts")).addLogs,
  shell: async () => (await import("./commands/shell.ts")).addShell,
  psql: async () => (await import("./commands/psql.ts")).addPsql,
  migrate: async () => (await import("./commands/migrate.ts")).addMigrate,
  "create-admin": async () => (await import("./commands/create-admin.ts")).addCreateAdmin,
  "create-invitation": async () => (await import("./commands/create-invitation.ts")).addCreateInvitation,
  "test-mail": async () => (await import("./commands/test-mail.ts")).addTestMail,
  seed: async () => (await import("./commands/seed.ts")).addSeed,
  adopt: async () => (await import("./commands/adopt.ts")).addAdopt,
  declaration: async () => (await import("./commands/declaration.ts")).addDeclaration,
  new: async () => (await import("./commands/new.ts")).addNew,
  remove: async () => (await import("./commands/remove.ts")).addRemove,
  lite: async () => (await import("./commands/lite.ts")).addLite,
  alerts: async () => (await import("./commands/alerts.ts")).addAlerts,
  backups: async () => (await import("./commands/backups.ts")).addBackups,
  restore: async () => (await import("./commands/restore.ts")).addRestore,
  certs: async () => (await import("./commands/certs.ts")).addCerts,
  maintenance: async () => (await import("./commands/maintenance.ts")).addMaintenance,
  doctor: async () => (await import("./commands/doctor.ts")).addDoctor,
  images: async () => (await import("./commands/images.ts")).addImages,
  drift: async () => (await import("./commands/drift.ts")).addDrift,
  graph: async () => (await import("./commands/graph.ts")).addGraph,
  explain: async () => (await import("./commands/explain.ts")).addExplain,
  policy: async () => (await import("./commands/policy.ts")).addPolicy,
  outdated: async () => (await import("./commands/outdated.ts")).addOutdated,
  settings: async () => (await import("./commands/settings.ts")).addSettings,
  env: async () => (await import("./commands/env.ts")).addEnv,
  test: async () => (await import("./commands/test.ts")).addTest,
  drill: async () => (await import("./commands/drill.ts")).addDrill,
  check: async () => (await import("./commands/check.ts")).addCheck,
};

/**
 * The whole program, which knows its commands and runs none of them by itself.
 * @param run what a command's work is given to
 * @param wanted the command that is going to run, which alone is loaded; all of them if there is
 * none of that name
 */
export async function createProgram(run: Run, wanted = ""): Promise<Command> {
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
  const load = Object.hasOwn(commands, wanted) ? commands[wanted] : undefined;
  // Help and suggestions for a mistyped name need them all.
  const loaded = await Promise.all(
    (load === undefined ? Object.values(commands) : [load]).map((one) => one()),
  );
  for (const add of loaded) add(program, run);
  return program;
}
