import { Argument } from "commander";
import { findRemovableModule } from "../../app/scripts/remove-module.ts";
import { checkout } from "../checkout.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import type { Session } from "../session.ts";
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
    ["npx berth remove module customers", "the example that ships, once you have modules of your own"],
    ["npx berth remove module orders --yes", "without asking, for scripts"],
  ]).action(async (_what: string, name: string, options: { yes?: boolean }) =>
    run({ showSteps: false }, (session) => removeModule(session, name, options.yes === true)),
  );
};

async function removeModule(session: Session, name: string, yes: boolean): Promise<number> {
  const found = findRemovableModule(checkout.app, name);
  if ("problem" in found) throw new CommandError(found.problem, exitCode.usage);
  if (!yes && !(await isMeant(session, name)))
    throw new CommandError("Nothing was changed.", exitCode.failed);
  found.remove();
  session.print(`Removed app/src/modules/${name}.`);
  if (found.tables.length > 0) {
    session.print(
      `Its tables stay, with what is in them. To drop them: npx berth psql -- -c 'drop table ${found.tables.join(", ")}'`,
    );
  }
  return exitCode.done;
}

async function isMeant(session: Session, name: string): Promise<boolean> {
  if (!session.interactive) {
    throw new CommandError(
      "remove asks first, which needs a terminal; --yes goes ahead without asking. Nothing was changed.",
      exitCode.usage,
    );
  }
  const answer = await confirm(`Remove app/src/modules/${name}? [y/N] `, session.interruption.signal);
  session.interruption.check();
  return /^y(?:es)?$/i.test(answer.trim());
}
