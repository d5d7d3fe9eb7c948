import { existsSync, readFileSync } from "node:fs";
import { CommandError, exitCode } from "../system/exit-code.ts";
import { follow } from "../system/run.ts";
import type { StepOutcome, StepReporter } from "./terminal/steps.ts";

/**
 * Runs apt-get, its output as the step's progress.
 * @param purpose what is missing without it, for the error
 */
export async function apt(
  args: readonly string[],
  purpose: string,
  reporter: StepReporter,
  signal: AbortSignal,
): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const onLine = (line: string) => {
    reporter.line(line);
  };
  const { code, tail } = await follow({ command: "apt-get", args }, onLine, { env, signal });
  if (code === 0) return;
  throw new CommandError(
    `apt-get ${args[0] ?? ""} failed, so ${purpose} is not installed:\n${tail}\n` +
      "Fix that, or install it yourself, and run the command again.",
    exitCode.environment,
  );
}

/** A step that installs one package of the distribution. */
export async function installPackage(
  name: string,
  reporter: StepReporter,
  signal: AbortSignal,
): Promise<StepOutcome<undefined>> {
  reporter.line("not here: installing the distribution's package with apt-get");
  await apt(["update"], name, reporter, signal);
  await apt(["install", "--yes", "--no-install-recommends", name], name, reporter, signal);
  return { value: undefined, note: "installed", worked: true };
}

/** Whether this is Debian, Ubuntu or a child of theirs, and this user may install packages. */
export function canInstall(): boolean {
  return process.getuid?.() === 0 && isDebian(distribution()) && existsSync("/usr/bin/apt-get");
}

/** Debian, Ubuntu, or a distribution made from them. */
export function isDebian(names: readonly string[]): boolean {
  return names.some((name) => name === "debian" || name === "ubuntu");
}

/** This machine's distribution and those it is like; none if it does not say. */
export function distribution(): string[] {
  try {
    return parseDistribution(readFileSync("/etc/os-release", "utf8"));
  } catch {
    return [];
  }
}

/** `ID` and `ID_LIKE` of os-release(5). */
export function parseDistribution(text: string): string[] {
  return [...text.matchAll(/^ID(?:_LIKE)?=(.*)$/gm)].flatMap((match) =>
    (match[1] ?? "").replaceAll('"', "").split(" "),
  );
}
