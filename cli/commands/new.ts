import { Argument } from "commander";
import { z } from "zod";
import { exitCode } from "../../system/exit-code.ts";
import { askAppScript } from "../running/app-script.ts";
import type { Session } from "../session.ts";
import { withExamples, type AddCommand } from "./command.ts";

/** `berth new module`: a module of the application, ready to run. */
export const addNew: AddCommand = (program, run) => {
  const command = program
    .command("new")
    .description("create a module of the application: table, API, admin pages, test; ready to run")
    .addArgument(new Argument("<what>", "what to create").choices(["module"]))
    .argument("<name>", "a plural in lower-case letters, digits and dashes");
  withExamples(command, [
    ["npx berth new module orders", "creates app/src/modules/orders; nothing else changes"],
    ["npx berth test app/src/modules/orders", "runs its test, which passes without changes"],
  ]).action(async (_what: string, name: string) =>
    run({ showSteps: false }, (session) => newModule(session, name)),
  );
};

const made = z.object({ files: z.array(z.string()) });

async function newModule(session: Session, name: string): Promise<number> {
  const { files } = await askAppScript(session.env, "scripts/new-module.ts", [name], made);
  for (const file of files) session.print(`made app/${file}`);
  session.print(
    `\nGive it the fields that your product needs, then: npx berth up, or npx berth lite.\n` +
      `It is at /admin/${name} and in /api; npx berth test app/src/modules/${name} runs its test.`,
  );
  return exitCode.done;
}
