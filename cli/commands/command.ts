import type { Command } from "commander";
import type { Session, SessionOptions } from "../session.ts";
import { defaultStack } from "../settings/stack-flag.ts";

/**
 * Runs a command's work in a session of this process and ends with the exit code that it returns.
 */
export type Run = (options: SessionOptions, work: (session: Session) => Promise<number>) => Promise<void>;

/** Adds one command to the program. */
export type AddCommand = (program: Command, run: Run) => void;

/** A command with what all commands on a stack have: `--stack`, and examples under its help. */
export function stackCommand(
  program: Command,
  usage: string,
  description: string,
  examples: readonly Example[],
): Command {
  const command = program
    .command(usage)
    .description(description)
    .option("-s, --stack <name>", "stack to work on", defaultStack);
  return withExamples(command, examples);
}

/** A command line and what it does. */
export type Example = readonly [line: string, what: string];

/** Shows examples under a command's help. */
export function withExamples(command: Command, examples: readonly Example[]): Command {
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, what]) => `  ${line.padEnd(width)}   ${what}`);
  return command.addHelpText("after", `\nExamples:\n${lines.join("\n")}`);
}
