import { existsSync, writeFileSync } from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";
import { readDeclaration } from "../../declaration/read-declaration.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { examine, type Examination } from "../adoption/examine.ts";
import { renderDeclaration, renderExamination } from "../adoption/report.ts";
import { checkout } from "../checkout.ts";
import { writtenDeclaration } from "../rehearsal/application-copy.ts";
import { renderPromises, type Promised } from "../rehearsal/promise.ts";
import { rehearse } from "../rehearsal/rehearse.ts";
import type { Session } from "../session.ts";
import { withExamples, type AddCommand } from "./command.ts";

interface AdoptOptions {
  readonly write?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly try?: boolean;
}

/** `berth adopt`: the declaration of an application that one has. */
export const addAdopt: AddCommand = (program, run) => {
  withExamples(
    program
      .command("adopt <folder>")
      .description(
        "read an application that you have, and write the berth.json that deploys it; --try rehearses it",
      )
      .option("--write", "write berth.json into the folder")
      .option("--force", "write over a berth.json that is there")
      .option("--try", "deploy it in a throw-away stack, and say which promises hold; takes minutes")
      .option("--json", "print JSON"),
    [
      ["npx berth adopt ../shop", "show what was found, assumed, and left to you"],
      ["npx berth adopt ../shop --write", "write ../shop/berth.json as well"],
      ["npx berth adopt ../shop --try", "rehearse its releases under load, here, and remove everything"],
    ],
  ).action(async (folder: string, options: AdoptOptions) =>
    run({ showSteps: options.try === true }, (session) => adopt(session, folder, options)),
  );
};

async function adopt(session: Session, folder: string, options: AdoptOptions): Promise<number> {
  const home = resolve(folder);
  if (!existsSync(join(home, "package.json"))) {
    throw new CommandError(
      `${folder} has no package.json. Name the folder of a Node application: npx berth adopt FOLDER`,
      exitCode.usage,
    );
  }
  const examination = examine(home);
  if (options.json !== true) session.print(renderExamination(folder, examination));
  if (options.write === true) write(session, folder, home, examination, options.force === true);
  else if (options.try !== true) {
    session.say(
      `\nNothing was written. npx berth adopt ${folder} --write writes ${join(folder, "berth.json")}.`,
    );
  }
  const promises = options.try === true ? await tried(session, home, examination) : undefined;
  if (options.json === true) session.print(JSON.stringify({ ...examination, promises }, null, 2));
  else if (promises !== undefined) session.print(`\n${renderPromises(promises)}`);
  return promises?.every(({ holds }) => holds !== false) === false ? exitCode.failed : exitCode.done;
}

/** Rehearses what the application declares, or what it is going to. */
function tried(session: Session, home: string, { declaration }: Examination): Promise<Promised[]> {
  const written = writtenDeclaration(home);
  // Its problems are told of the application's own file.
  if (written !== undefined) readDeclaration(checkout.root, relative(checkout.root, home));
  return rehearse(session, home, written ?? declaration);
}

function write(
  session: Session,
  folder: string,
  home: string,
  { declaration }: Examination,
  force: boolean,
): void {
  const file = join(home, "berth.json");
  if (existsSync(file) && !force) {
    throw new CommandError(
      `${join(folder, "berth.json")} is there already, and was not touched. To write over it: --force`,
      exitCode.usage,
    );
  }
  writeFileSync(file, `${renderDeclaration(declaration)}\n`);
  const fromProject = relative(checkout.root, home);
  // What was written is what a preview is going to read.
  readDeclaration(checkout.root, fromProject);
  const named = isAbsolute(fromProject) || fromProject === "" ? home : fromProject;
  session.say(
    `\nWrote ${join(folder, "berth.json")}. Deploy it:\n  pulumi config set appFolder ${named} --stack STACK\n  npx berth up --stack STACK`,
  );
}
