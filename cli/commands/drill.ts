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
    .description("run long exercises on real stacks; without a name, list them");
  withExamples(command, [
    ["npx berth drill", "list the drills"],
    ["npx berth drill takeover", "a stack of an earlier version is updated under load"],
  ]).action(async (names: string[]) => run({ showSteps: true }, (session) => drill(session, names)));
};

async function drill(session: Session, names: readonly string[]): Promise<number> {
  if (names.length > 0)
    return runTests(
      session,
      names.map((name) => `drill/${name}`),
      {},
    );
  const files = globSync("tests/drill/*.test.ts", { cwd: checkout.root }).sort();
  session.print(files.map((file) => basename(file, ".test.ts")).join("\n"));
  return exitCode.done;
}
