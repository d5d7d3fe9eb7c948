import { existsSync, writeFileSync } from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";
import { readDeclaration } from "../../declaration/read-declaration.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { examine } from "../adoption/examine.ts";
import { renderDeclaration, renderExamination } from "../adoption/report.ts";
import { checkout } from "../checkout.ts";
import type { Session } from "../session.ts";
import { withExamples, type AddCommand } from "./command.ts";

interface AdoptOptions {
  readonly write?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `berth adopt`: the declaration of an application that one has. */
export const addAdopt: AddCommand = (program, run) => {
  withExamples(
    program
      .command("adopt <folder>")
      .description(
        "read an application that you have, and write the berth.json that deploys it; nothing of it is run",
      )
      .option("--write", "write berth.json into the folder")
      .option("--force", "write over a berth.json that is there")
      .option("--json", "print JSON"),
    [
      ["npx berth adopt ../shop", "show what was found, assumed, and left to you"],
      ["npx berth adopt ../shop --write", "write ../shop/berth.json as well"],
    ],
  ).action(async (folder: string, options: AdoptOptions) =>
    run({ showSteps: false }, (session) => Promise.resolve(adopt(session, folder, options))),
  );
};

function adopt(session: Session, folder: string, { write, force, json }: AdoptOptions): number {
  const home = resolve(folder);
  if (!existsSync(join(home, "package.json"))) {
    throw new CommandError(
      `${folder} has no package.json. Name the folder of a Node application: npx berth adopt FOLDER`,
      exitCode.usage,
    );
  }
  const examination = examine(home);
  session.print(
    json === true ? JSON.stringify(examination, null, 2) : renderExamination(folder, examination),
  );
  if (write !== true) {
    session.say(
      `\nNothing was written. npx berth adopt ${folder} --write writes ${join(folder, "berth.json")}.`,
    );
    return exitCode.done;
  }
  const file = join(home, "berth.json");
  if (existsSync(file) && force !== true) {
    throw new CommandError(
      `${join(folder, "berth.json")} is there already, and was not touched. To write over it: --force`,
      exitCode.usage,
    );
  }
  writeFileSync(file, `${renderDeclaration(examination.declaration)}\n`);
  const fromProject = relative(checkout.root, home);
  // What was written is what a preview is going to read.
  readDeclaration(checkout.root, fromProject);
  const named = isAbsolute(fromProject) || fromProject === "" ? home : fromProject;
  session.say(
    `\nWrote ${join(folder, "berth.json")}. Deploy it:\n  pulumi config set appFolder ${named} --stack STACK\n  npx berth up --stack STACK`,
  );
  return exitCode.done;
}
