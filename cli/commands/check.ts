import { globSync } from "node:fs";
import { dirname, join } from "node:path";
import { checkout } from "../checkout.ts";
import { listChecks, type Check } from "../checks/checks.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { capture, type Captured } from "../../system/run.ts";
import type { Session } from "../session.ts";
import { canInstall, installPackage } from "../apt.ts";
import { formatDuration } from "../terminal/duration.ts";
import { withExamples, type AddCommand } from "./command.ts";

/** Two at a time: more only wait for each other on a small machine. */
const atATime = 2;
const ignored = ["**/node_modules/**", ".berth/**", ".git/**", "coverage/**"];

/** `berth check`: types, lint, format, dead code, shell and Go, each with its result. */
export const addCheck: AddCommand = (program, run) => {
  const command = program
    .command("check [names...]")
    .description(
      "check types, lint, format, dead code, shell scripts and Go; exits with 1 if any check fails",
    );
  withExamples(command, [
    ["npm run check", "everything"],
    ["npx berth check lint format", "only these"],
  ]).action(async (names: string[]) => run({ showSteps: true }, (session) => check(session, names)));
};

async function check(session: Session, names: readonly string[]): Promise<number> {
  const all = listChecks({
    scripts: globSync("**/*.sh", { cwd: checkout.root, exclude: ignored }).sort(),
    // The modules beside it stand in for upstream ones and are compiled as part of it.
    goModules: globSync("toolchain/go.mod", { cwd: checkout.root })
      .map((file) => dirname(file))
      .sort(),
  });
  const unknown = names.filter((name) => !all.some((entry) => entry.name === name));
  if (unknown.length > 0) {
    const known = all.map(({ name }) => `"${name}"`).join(", ");
    throw new CommandError(`There is no check ${unknown.join(", ")}. Checks: ${known}.`, exitCode.usage);
  }
  const chosen = names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
  if (chosen.some(({ run }) => run.command === "shellcheck")) await ensureShellcheck(session);
  const queue = [...chosen];
  let failures = 0;
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (!(await runCheck(session, next))) failures += 1;
    }
  };
  await Promise.all(Array.from({ length: atATime }, worker));
  session.interruption.check();
  session.print(failures === 0 ? "\nAll checks passed." : `\n${failures} of ${chosen.length} checks failed.`);
  return failures === 0 ? exitCode.done : exitCode.failed;
}

async function runCheck(session: Session, { name, run, folder, env, shown }: Check): Promise<boolean> {
  const begun = performance.now();
  const result = await capture(run, {
    env: { ...session.env, ...env },
    cwd: join(checkout.root, folder),
    signal: session.interruption.signal,
  });
  const passed = result.code === 0;
  const took = formatDuration((performance.now() - begun) / 1000);
  session.print(
    `${passed ? "✓" : "✗"} ${name} (${took})${passed && shown !== true ? "" : `\n${findings(run.command, result)}`}`,
  );
  return passed;
}

function findings(command: string, result: Captured): string {
  if (result.missing) return `    ${command} is not on PATH. Install it, and run the check again.`;
  return `${result.stdout}${result.stderr}`.trimEnd().replaceAll(/^/gm, "    ");
}

async function ensureShellcheck(session: Session): Promise<void> {
  const found = await capture({ command: "shellcheck", args: ["--version"] }, { env: session.env });
  if (!found.missing || !canInstall()) return;
  await session.steps.run("shellcheck", (reporter) =>
    installPackage("shellcheck", reporter, session.interruption.signal),
  );
}
