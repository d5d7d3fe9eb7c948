import { quote } from "shlex";
import { Argument } from "commander";
import { maintenancePages } from "../../infra/rendering/error-pages.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { checkout } from "../checkout.ts";
import { releasesOf } from "../deploy/release-records.ts";
import { stackDocker } from "../docker/stack-docker.ts";
import { takeLock } from "../locks/stack-lock.ts";
import { Maintenance } from "../running/maintenance.ts";
import { parseMoment, releaseThen } from "../running/moment.ts";
import { wantedTables } from "../running/wanted-tables.ts";
import { ShownMoment } from "../running/shown-moment.ts";
import { RestoreWork, type Fetched, type Moment } from "../running/restore-work.ts";
import type { Session } from "../session.ts";
import { stackDeclaration } from "../settings/stack-declaration.ts";
import { stackFlag } from "../settings/stack-flag.ts";
import { confirm } from "../terminal/confirm.ts";
import { formatDuration } from "../terminal/duration.ts";
import { stackCommand, type AddCommand } from "./command.ts";
import { lockWaitOption, loopbackPortOption } from "./options.ts";

const actions = ["prepare", "show", "hide", "swap", "back", "drop"] as const;
type Action = (typeof actions)[number];

interface RestoreOptions {
  readonly stack: string;
  readonly to?: string;
  readonly into?: string;
  readonly table: readonly string[];
  readonly where?: string;
  readonly port: number;
  readonly yes?: boolean;
  readonly lockWait: number;
}

/** `berth restore`: a moment of the past beside the running stack, and the swap. */
export const addRestore: AddCommand = (program, run) => {
  stackCommand(program, "restore", "restore a moment beside the running stack, and swap it in", [
    ["npx berth restore --to 2026-11-27T14:05:00Z --stack prod", "restores that moment; nothing changes yet"],
    ["npx berth restore --to latest --stack prod", "restores everything that was committed until now"],
    ["npx berth restore --to before:0a1b2c3d --stack prod", "the moment before that release's migrations"],
    [
      "npx berth restore --into found --table customers --where 'id = 7' --stack prod",
      "copies rows of the restored moment into a schema of the running database",
    ],
    ["npx berth restore show --stack prod", "shows it on loopback, with the release that ran then"],
    ["npx berth restore swap --stack prod", "swaps it in, after asking; a few seconds of maintenance"],
    ["npx berth restore back --stack prod", "swaps the data of before in again"],
    ["npx berth restore drop --stack prod", "deletes what lies beside the data"],
  ])
    .addArgument(new Argument("[action]", "what to do").choices(actions).default("prepare"))
    .option("--to <moment>", "latest, a time in ISO 8601, before:RELEASE or before:last; for prepare")
    .option("--into <schema>", "copy tables of the restored moment into this schema, for prepare")
    .option("--table <name>", "a table to copy; several times for several", collected, [])
    .option("--where <condition>", "copy only the rows that meet a condition in SQL")
    .addOption(loopbackPortOption(8099))
    .option("-y, --yes", "do not ask")
    .addOption(lockWaitOption())
    .action(async (action: Action, options: RestoreOptions) =>
      run({ showSteps: false }, (session) => restore(session, action, options)),
    );
};

const collected = (value: string, before: readonly string[]) => [...before, value];

async function restore(session: Session, action: Action, options: RestoreOptions): Promise<number> {
  const { stack } = options;
  const fetched = wantedTables(action, options);
  const docker = stackDocker(session.env, stack);
  const work = await RestoreWork.of(docker, stack);
  const lock = await takeLock({
    folder: checkout.locks,
    stack,
    command: `restore ${action}`,
    wait: options.lockWait,
    interruption: session.interruption,
    say: session.say,
  });
  const shown = new ShownMoment(docker, stack);
  try {
    if (action !== "show" && !(action === "prepare" && options.to === undefined)) await shown.hide();
    switch (action) {
      case "show":
        await show(session, shown, work, options);
        break;
      case "hide":
        session.print("Nothing is shown.");
        break;
      case "prepare":
        if (fetched === undefined || options.to !== undefined) await prepare(session, work, options);
        if (fetched !== undefined) await fetch(session, work, stack, fetched);
        break;
      case "swap":
      case "back":
        await agree(session, options, `stops Postgres of stack ${stack} for some seconds and swaps its data`);
        await swap(session, work, stack, action === "swap" ? "restored" : "before");
        break;
      case "drop":
        await agree(session, options, `deletes what lies beside the data of stack ${stack} for good`);
        await work.drop();
        session.print("Deleted.");
    }
  } finally {
    lock.release();
  }
  return exitCode.done;
}

async function fetch(session: Session, work: RestoreWork, stack: string, wanted: Fetched): Promise<void> {
  const copies = Object.entries(await work.fetch(wanted));
  const back = copies.map(([table, { columns }]) => {
    const copy = `${wanted.into}.${table.replace(/^.*\./, "")}`;
    return `insert into ${table} (${columns}) overriding system value select ${columns} from ${copy} on conflict do nothing`;
  });
  session.print(
    [
      `Copied into schema ${wanted.into}: ${copies.map(([name, { rows }]) => `${name} (${rows} rows)`).join(", ")}.`,
      "Nothing else has changed. Take what you need, then delete the schema:",
      ...[...back, `drop schema ${wanted.into} cascade`].map(
        (statement) => `  npx berth psql${stackFlag(stack)} -- -c ${quote(statement)}`,
      ),
    ].join("\n"),
  );
}

/** Shows the restored moment, with the release that ran then if its image is still there. */
async function show(
  session: Session,
  shown: ShownMoment,
  work: RestoreWork,
  { port, stack }: RestoreOptions,
): Promise<void> {
  const releases = await releasesOf(stackDocker(session.env, stack), stack);
  const then = releaseThen(releases, await work.restoredAt());
  const release = then?.kept === true ? then : undefined;
  await shown.show({ port, declaration: stackDeclaration(stack), release });
  session.print(
    [
      `The restored moment of stack ${stack} is shown at http://127.0.0.1:${port}, on the engine's own host,`,
      release === undefined
        ? "with the release that runs today: that of then is no longer on the engine."
        : `with release ${release.release}, which ran then.`,
      "It is a copy with today's passwords: nothing leaves it, uploads are read only, and what you do there is gone afterwards.",
      `  npx berth restore swap${stackFlag(stack)}   swap the moment in`,
      `  npx berth restore hide${stackFlag(stack)}   show it no longer`,
    ].join("\n"),
  );
}

async function agree(session: Session, { stack, yes }: RestoreOptions, what: string): Promise<void> {
  if (yes === true) return;
  if (!session.interactive)
    throw new CommandError(
      `This ${what}, and asks first, which needs a terminal; --yes skips the question. Nothing was changed.`,
      exitCode.usage,
    );
  const answer = await confirm(
    `This ${what}.\nType the stack's name to go ahead: `,
    session.interruption.signal,
  );
  session.interruption.check();
  if (answer.trim() !== stack) throw new CommandError("Nothing was changed.", exitCode.failed);
}

async function prepare(session: Session, work: RestoreWork, { stack, to }: RestoreOptions): Promise<void> {
  const wanted = parseMoment(to, new Date());
  // What is committed now is archived first, so that the newest moments can be restored as well.
  const now = await work.point(`berth_restore_${Math.floor(Date.now() / 1000)}`).catch((error: unknown) => {
    session.say(
      `Postgres or its repositories do not answer; what is archived is restored. (${String(error)})`,
    );
    return undefined;
  });
  const moment = await momentOf(wanted, work, now);
  let told = -1;
  const restored = await work.prepare(moment, ({ percent, seconds }) => {
    const tenth = Math.floor(percent / 10);
    if (tenth <= told) return;
    told = tenth;
    session.say(`restore: ${Math.round(percent)} % after ${formatDuration(seconds)}`);
  });
  for (const reason of restored.passedOver) session.say(`This moment could not be had from ${reason}`);
  const docker = stackDocker(session.env, stack);
  const then = releaseThen(await releasesOf(docker, stack), moment.at);
  session.print(
    [
      `Restored beside stack ${stack}, from backup ${restored.backup} (${restored.repository}):`,
      `  moment        ${new Date(moment.at * 1000).toISOString()}`,
      `  last change   ${restored.lastTransactionAt === null ? "none after the backup" : new Date(restored.lastTransactionAt * 1000).toISOString()}`,
      ...(restored.schema === undefined ? [] : [`  schema        ${restored.schema}`]),
      ...(restored.uploads === undefined ? [] : [`  uploads       ${restored.uploads.files} files`]),
      ...(then === undefined ? [] : [`  release then  ${then.release}`]),
      "The stack is as it was. Next:",
      `  npx berth restore show${stackFlag(stack)}   look at it on loopback`,
      `  npx berth restore swap${stackFlag(stack)}   swap it in; the present data is kept`,
      `  npx berth restore drop${stackFlag(stack)}   delete it`,
    ].join("\n"),
  );
}

async function momentOf(
  wanted: ReturnType<typeof parseMoment>,
  work: RestoreWork,
  now: Moment | undefined,
): Promise<Moment> {
  if ("at" in wanted) return wanted;
  if ("latest" in wanted)
    return now === undefined ? { at: Date.now() / 1000, latest: true } : { at: now.at, lsn: now.lsn ?? "" };
  const points = await work.points();
  const found = points.find(({ name }) => name.startsWith(`before ${wanted.before}`));
  if (found === undefined) {
    const known = points.filter(({ name }) => name.startsWith("before ")).map(({ name }) => name.slice(7));
    throw new CommandError(
      `No moment before a release ${wanted.before} is known. Known: ${known.join(", ") || "none"}.`,
      exitCode.usage,
    );
  }
  return { at: found.at, lsn: found.lsn };
}

/** What visitors read during a swap. */
const announced = "Back in a minute: data is being restored.";

/** Visitors read why nothing answers while Postgres is stopped. */
async function swap(
  session: Session,
  work: RestoreWork,
  stack: string,
  from: "restored" | "before",
): Promise<void> {
  const docker = stackDocker(session.env, stack);
  const nginx = (await docker.containersOf(stack)).find(
    ({ part, status }) => part === "nginx" && status === "running",
  );
  const maintenance = nginx && new Maintenance(docker, nginx.id);
  const state = await maintenance?.status();
  // A swap that was killed has left its own.
  const held = state?.on === true && state.message !== announced;
  const begun = Date.now();
  if (!held) await maintenance?.on(maintenancePages(announced, "en"), undefined);
  try {
    await work.swap(from);
  } finally {
    if (!held) await maintenance?.off();
  }
  session.print(
    [
      `Swapped in ${formatDuration((Date.now() - begun) / 1000)}. The data of before is kept:`,
      `  npx berth restore back${stackFlag(stack)}   swap it in again`,
      `  npx berth restore drop${stackFlag(stack)}   delete it`,
      `  npx berth migrate status${stackFlag(stack)}   whether the schema fits the release that runs; npx berth rollback goes back to an earlier one`,
    ].join("\n"),
  );
}
