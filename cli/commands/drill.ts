import { globSync } from "node:fs";
import { basename } from "node:path";
import { checkout } from "../checkout.ts";
import { exitCode } from "../../system/exit-code.ts";
import type { Session } from "../session.ts";
import { withExamples, type AddCommand } from "./command.ts";
import { runTests } from "./test.ts";

/** `berth drill`: exercises on real stacks that take longer than a test may. */
export const addDrill: AddCommand = (program, run) => {
  const command = program
    .command("drill [names...]")
    .description("run long exercises on real stacks; without a name, list them")
    .option("-t, --name <pattern>", "only parts whose name matches");
  withExamples(command, [
    ["npx berth drill", "list the drills"],
    ["npx berth drill takeover", "a stack of an earlier version is updated under load"],
    ["npx berth drill engines -t 'stack-rolling|image-pull'", "parts of one"],
  ]).action(async (names: string[], options: { name?: string }) =>
    run({ showSteps: true }, (session) => drill(session, names, options)),
  );
};

async function drill(
  session: Session,
  names: readonly string[],
  options: { name?: string },
): Promise<number> {
  const files = names.map((name) => `drill/${name}`);
  if (files.length > 0) return runTests(session, files, options);
  const all = globSync("tests/drill/*.test.ts", { cwd: checkout.root }).sort();
  session.print(all.map((file) => basename(file, ".test.ts")).join("\n"));
  return exitCode.done;
}
