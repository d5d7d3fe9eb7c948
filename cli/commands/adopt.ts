import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { readDeclaration } from "../../declaration/read-declaration.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { examine, type Examination } from "../adoption/examine.ts";
import { renderDeclaration, renderExamination } from "../adoption/report.ts";
import { parseExample, takeValues } from "../adoption/variables.ts";
import { checkout } from "../checkout.ts";
import type { ChangeOptions } from "../deploy/change-settings.ts";
import { moveIn } from "../moving/move-in.ts";
import { writeValues } from "../deploy/write-values.ts";
import { writtenDeclaration } from "../rehearsal/application-copy.ts";
import { renderPromises, type Promised } from "../rehearsal/promise.ts";
import { rehearse } from "../rehearsal/rehearse.ts";
import type { Session } from "../session.ts";
import { withExamples, type AddCommand } from "./command.ts";
import { changeOptions } from "./options.ts";

interface AdoptOptions extends Partial<Omit<ChangeOptions, "stack">> {
  readonly write?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly try?: boolean;
  readonly env?: string;
  readonly stack?: string;
  readonly from?: string;
}

/** `berth adopt`: the declaration of an application that one has. */
export const addAdopt: AddCommand = (program, run) => {
  const command = withExamples(
    program
      .command("adopt [folder]")
      .description(
        "read an application that you have, and write the berth.json that deploys it; --try rehearses it, --from moves its data",
      )
      .option("--write", "write berth.json into the folder")
      .option("--force", "write over a berth.json that is there")
      .option("--try", "deploy it in a throw-away stack, and say which promises hold; takes minutes")
      .option(
        "--env <file>",
        "take the values of a .env file into the settings of --stack, secrets as secrets",
      )
      .option(
        "--from <file>",
        "move what runs by a compose file into --stack: Postgres' rows, uploads, the certificate, the ports",
      )
      .option("-s, --stack <name>", "stack that --env and --from write to")
      .option("--json", "print JSON"),
    [
      ["npx berth adopt ../shop", "show what was found, assumed, and left to you"],
      ["npx berth adopt ../shop --write", "write ../shop/berth.json as well"],
      ["npx berth adopt ../shop --write --env ../shop/.env --stack prod", "take its values along"],
      ["npx berth adopt ../shop --try", "rehearse its releases under load, here, and remove everything"],
      ["npx berth adopt --from ../shop/compose.yml --stack prod", "rehearse, ask, and move its data"],
    ],
  );
  for (const option of changeOptions()) command.addOption(option);
  command.action(async (folder: string | undefined, options: AdoptOptions) =>
    run({ showSteps: options.try === true || options.from !== undefined }, (session) =>
      adoptOrMove(session, folder, options),
    ),
  );
};

async function adoptOrMove(
  session: Session,
  named: string | undefined,
  options: AdoptOptions,
): Promise<number> {
  const { env, from, stack, write: writes } = options;
  if (from !== undefined && stack === undefined) {
    throw new CommandError(
      `--from moves data into a stack that runs: npx berth adopt --from ${from} --stack NAME`,
      exitCode.usage,
    );
  }
  // The application is where its compose file is.
  const beside = env === undefined && writes !== true ? undefined : dirname(from ?? "");
  const folder = named ?? (from === undefined ? undefined : beside);
  if (folder === undefined && from === undefined) {
    throw new CommandError("Name the folder of a Node application: npx berth adopt FOLDER", exitCode.usage);
  }
  const code = folder === undefined ? exitCode.done : await adopt(session, folder, options);
  if (from === undefined || stack === undefined || code !== exitCode.done) return code;
  return moveIn(session, from, { ...options, stack } as ChangeOptions);
}

async function adopt(session: Session, folder: string, options: AdoptOptions): Promise<number> {
  const home = resolve(folder);
  if (!existsSync(join(home, "package.json"))) {
    throw new CommandError(
      `${folder} has no package.json. Name the folder of a Node application: npx berth adopt FOLDER`,
      exitCode.usage,
    );
  }
  const values = currentValues(options);
  const examination = examine(home, values);
  if (options.json !== true) session.print(renderExamination(folder, examination));
  if (options.write === true) write(session, folder, home, examination, options);
  else if (options.try !== true && options.stack === undefined) {
    session.say(
      `\nNothing was written. npx berth adopt ${folder} --write writes ${join(folder, "berth.json")}.`,
    );
  }
  if (options.stack !== undefined && options.env !== undefined)
    await take(session, options, options.stack, home, values);
  const promises = options.try === true ? await tried(session, home, examination, values) : undefined;
  if (options.json === true) session.print(JSON.stringify({ ...examination, promises }, null, 2));
  else if (promises !== undefined) session.print(`\n${renderPromises(promises)}`);
  return promises?.every(({ holds }) => holds !== false) === false ? exitCode.failed : exitCode.done;
}

/** Values of the file that --env names; none without it. */
function currentValues({
  env: file,
  from,
  stack,
  try: rehearsed,
}: AdoptOptions): ReadonlyMap<string, string> {
  const aimless = stack === undefined && rehearsed !== true;
  if (file === undefined ? stack !== undefined && from === undefined : aimless) {
    throw new CommandError(
      "--env FILE and --stack NAME go together: the values of the file become settings of the stack. With --try, --env is enough.",
      exitCode.usage,
    );
  }
  if (file === undefined) return new Map();
  if (!existsSync(file)) throw new CommandError(`There is no ${file}. --env names a file.`, exitCode.usage);
  return parseExample(readFileSync(file, "utf8"));
}

async function take(
  session: Session,
  options: AdoptOptions,
  stack: string,
  home: string,
  values: ReadonlyMap<string, string>,
): Promise<void> {
  const taken = takeValues(values);
  const generated = options.generatedPassphrase === true ? { generatedPassphrase: true } : {};
  await writeValues(session, { stack, ...generated }, relative(checkout.root, home), taken);
  if (taken.own.length > 0) session.say(`Not taken, because the stack has its own: ${taken.own.join(", ")}.`);
}

/** Rehearses what the application declares, or what it is going to. */
function tried(
  session: Session,
  home: string,
  { declaration }: Examination,
  values: ReadonlyMap<string, string>,
): Promise<Promised[]> {
  const written = writtenDeclaration(home);
  // Its problems are told of the application's own file.
  if (written !== undefined) readDeclaration(checkout.root, relative(checkout.root, home));
  const env = [...takeValues(values).plain].map(([path, value]) => [path.replace("env.", ""), value]);
  return rehearse(session, home, written ?? declaration, Object.fromEntries(env) as Record<string, string>);
}

function write(
  session: Session,
  folder: string,
  home: string,
  { declaration }: Examination,
  { force, stack }: AdoptOptions,
): void {
  const file = join(home, "berth.json");
  if (existsSync(file) && force !== true) {
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
  const setting = stack === undefined ? `\n  pulumi config set appFolder ${named} --stack STACK` : "";
  session.say(
    `\nWrote ${join(folder, "berth.json")}. Deploy it:${setting}\n  npx berth up --stack ${stack ?? "STACK"}`,
  );
}
