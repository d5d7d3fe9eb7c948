import { Command } from "commander";
import type { Run } from "./commands/command.ts";
import { addUp } from "./commands/up.ts";

const commands = [addUp];

/**
 * The whole program, which knows its commands and runs none of them by itself.
 * @param run what a command's action is given to
 */
export function createProgram(run: Run): Command {
  const program = new Command("berth")
    .description("Put an Express/Knex application on your own Docker hosts with Pulumi.")
    .usage("<command> [options]")
    .helpCommand("help [command]", "show the help of a command")
    .showHelpAfterError("Help: npx berth --help, or npx berth <command> --help.")
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText(
      "after",
      "\nEvery command has --help with examples. docs/commands.md has them all, and the exit codes.",
    );
  for (const add of commands) add(program, run);
  return program;
}
