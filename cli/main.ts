import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { CommanderError } from "commander";
import { DeclarationError } from "../declaration/problems.ts";
import { SettingsError } from "../stacks/parse.ts";
import { checkout } from "./checkout.ts";
import { followContext } from "../system/docker-context.ts";
import { CommandError, exitCode } from "../system/exit-code.ts";
import { Interruption } from "../system/interruption.ts";
import { createProgram } from "./program.ts";
import { openSession } from "./session.ts";

const interruption = new Interruption(process.stdin.isTTY);
interruption.listen();
followContext(process.env);

// `berth logs | head`: the reader closed the pipe.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(exitCode.done);
});

const program = await createProgram(async (options, work) => {
  process.exitCode = await work(openSession(withTools(process.env), interruption, options));
}, process.argv[2]);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}
if (process.exitCode !== exitCode.done) process.exitCode = interruption.exitCode ?? process.exitCode;

/** This Node and the checkout's tools come first: the program, plugins and tests run on them. */
function withTools(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const first = [dirname(process.execPath), join(checkout.root, "node_modules", ".bin")];
  const rest = (env["PATH"] ?? "").split(delimiter).filter((folder) => !first.includes(folder));
  return { ...env, PATH: [...first, ...rest].join(delimiter) };
}

/** Says what went wrong, and with which exit code the command ends. */
function report(error: unknown): number {
  // Commander has said it already: a wrong option, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.done : exitCode.usage;
  if (error instanceof SettingsError || error instanceof DeclarationError) {
    process.stderr.write(withPulumiHint(`${error.message}\n`));
    return exitCode.usage;
  }
  if (error instanceof CommandError) {
    process.stderr.write(withPulumiHint(`${error.message}\n`));
    return error.exitCode;
  }
  // Whatever was under way and did not like to be cut short.
  if (interruption.exitCode !== undefined) {
    process.stderr.write("Interrupted. The same command continues from here.\n");
    return interruption.exitCode;
  }
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`This is a bug in berth: ${what}\n`);
  return exitCode.failed;
}

/**
 * Commands that messages suggest have to work as they are: berth's own engine is not on the user's
 * PATH.
 */
function withPulumiHint(message: string): string {
  const onPath = (process.env["PATH"] ?? "")
    .split(delimiter)
    .some((folder) => existsSync(join(folder, "pulumi")));
  if (onPath || !message.includes("pulumi config")) return message;
  return `${message}pulumi is not on PATH here. To put it there: eval "$(npx berth env)"\n`;
}
