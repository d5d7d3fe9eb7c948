import { Argument } from "commander";
import { z } from "zod";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import type { Session } from "../session.ts";
import { askAppScript } from "../running/app-script.ts";
import { confirm } from "../terminal/confirm.ts";
import { withExamples, type AddCommand } from "./command.ts";

/** `berth remove module`: takes a module's folder away; its tables stay. */
export const addRemove: AddCommand = (program, run) => {
  const command = program
    .command("remove")
    .description("remove a module of the application, after asking; its tables stay")
    .addArgument(new Argument("<what>", "what to remove").choices(["module"]))
    .argument("<name>", "name of its folder in app/src/modules")
    .option("-y, --yes", "do not ask");
  withExamples(command, [
    ["npx berth remove module customers", "remove the example, once you have modules of your own"],
    ["npx berth remove module orders --yes", "without asking, for scripts"],
  ]).action(async (_what: string, name: string, options: { yes?: boolean }) =>
    run({ showSteps: false }, (session) => removeModule(session, name, options.yes === true)),
  );
};

const removable = z.object({ tables: z.array(z.string()) });

async function removeModule(session: Session, name: string, yes: boolean): Promise<number> {
  const script = (...args: string[]) =>
    askAppScript(session.env, "scripts/remove-module.ts", [name, ...args], removable);
  const { tables } = await script();
  if (!yes && !(await isMeant(session, name)))
    throw new CommandError("Nothing was changed.", exitCode.failed);
  await script("--yes");
  session.print(`Removed app/src/modules/${name}.`);
  if (tables.length > 0) {
    session.print(
      `Its tables stay, with what is in them. To drop them: npx berth psql -- -c 'drop table ${tables.join(", ")}'`,
    );
  }
  return exitCode.done;
}

async function isMeant(session: Session, name: string): Promise<boolean> {
  if (!session.interactive) {
    throw new CommandError(
      "remove asks first, which needs a terminal; --yes skips the question. Nothing was changed.",
      exitCode.usage,
    );
  }
  const answer = await confirm(`Remove app/src/modules/${name}? [y/N] `, session.interruption.signal);
  session.interruption.check();
  return /^y(?:es)?$/i.test(answer.trim());
}
