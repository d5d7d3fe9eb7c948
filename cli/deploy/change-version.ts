import {
  dataVolumeName,
  presentVersion,
  type PostgresVersion,
  type VersionRecord,
} from "../../releases/data-version.ts";
import { dataFiles, versionChanges } from "../../releases/read-data-files.ts";
import { dockerCommand } from "../../system/docker-commands.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import type { Session } from "../session.ts";
import { projectName } from "../settings/project.ts";
import { settleUpgrade } from "../upgrade/unfinished-upgrade.ts";
import { confirm } from "../terminal/confirm.ts";
import { formatDuration } from "../terminal/duration.ts";
import { changeSettings, type ChangeOptions } from "./change-settings.ts";
import type { StackWork } from "./on-stack.ts";
import {
  copyForGood,
  hasVolume,
  provideVersion,
  recordVersion,
  rehearse,
  type VersionChange,
} from "../upgrade/version-upgrade.ts";

/**
 * Moves a stack's data to another version of PostgreSQL: rehearses, asks, stops writes, copies, and
 * deploys. Whatever goes wrong, the stack runs on with the data of before.
 * @returns the command's exit code
 */
export async function changeVersion(
  session: Session,
  to: PostgresVersion,
  options: ChangeOptions,
): Promise<number> {
  const { stack } = options;
  let change: VersionChange | undefined;
  let code: number = exitCode.failed;
  try {
    // Asked here, after the rehearsal: a preview before the copy could only refuse.
    code = await changeSettings(session, "upgrade", { ...options, yes: true }, async (work) => {
      const settings = () => ({ postgresVersion: to, databaseUpgrade: new Date().toISOString() });
      const begun = await begunChange(work, stack, to);
      if (begun !== undefined) {
        change = begun;
        return {
          what: `goes on to PostgreSQL ${to}`,
          changes: settings(),
          restore: async () => !(await runs(begun, to)),
        };
      }
      const wanted = await wantedChange(work, stack, to);
      const image = await provideVersion(session, work.docker, to, work.config.imageSource);
      const seconds = await rehearse(session, wanted, image);
      await agree(session, options, wanted, seconds);
      change = wanted;
      await copyForGood(session, wanted, image);
      session.interruption.check();
      return {
        what: `moves the data of stack ${stack} from PostgreSQL ${wanted.from} to ${to}`,
        changes: settings(),
        restore: async () => !(await runs(wanted, to)),
      };
    });
    if (code === exitCode.done && change !== undefined) session.say(`\n${whatIsKept(change)}`);
    return code;
  } finally {
    if (code !== exitCode.done && change !== undefined) await giveUp(session, change);
  }
}

/** A change that was interrupted after its copy was complete. */
async function begunChange(
  { docker }: StackWork,
  stack: string,
  to: PostgresVersion,
): Promise<VersionChange | undefined> {
  const owner = { project: projectName(), stack };
  const files = await dataFiles(docker, owner);
  if (files.running === undefined || files.running === to || presentVersion(files) !== to) return undefined;
  return { docker, ...owner, from: files.running, to };
}

/**
 * Takes the change back, unless the new version runs already: the rest of the deployment failed
 * then.
 */
async function giveUp(session: Session, change: VersionChange): Promise<void> {
  if (await runs(change, change.to)) {
    session.say(`PostgreSQL ${change.to} runs, and the rest of the deployment failed. ${whatIsKept(change)}`);
    return;
  }
  await settleUpgrade(change.docker, change, undefined);
  session.say(`Stack ${change.stack} stays with PostgreSQL ${change.from}; nothing was lost.`);
}

const runs = async ({ docker, ...owner }: VersionChange, version: PostgresVersion) =>
  (await dataFiles(docker, owner)).running === version;

/** @throws CommandError for a version that cannot be moved to */
async function wantedChange(
  { docker }: StackWork,
  stack: string,
  to: PostgresVersion,
): Promise<VersionChange> {
  const project = projectName();
  const from = presentVersion(await dataFiles(docker, { project, stack }));
  if (from === undefined) {
    throw new CommandError(
      `Stack ${stack} has no data yet. Choose its version: pulumi config set postgresVersion ${to} --stack ${stack}`,
      exitCode.usage,
    );
  }
  if (from === to)
    throw new CommandError(`The data of stack ${stack} is PostgreSQL ${to}'s already.`, exitCode.usage);
  if (Number(to) < Number(from)) {
    throw new CommandError(
      `The data of stack ${stack} is PostgreSQL ${from}'s, and cannot be moved to ${to}. ` +
        `To return to the data of before an upgrade: npx berth upgrade postgres --back --stack ${stack}`,
      exitCode.usage,
    );
  }
  const change = { docker, project, stack, from, to };
  if (await hasVolume(change, to)) {
    const volume = dataVolumeName(change, to);
    throw new CommandError(
      `Volume ${volume} holds data of PostgreSQL ${to} already, from an earlier upgrade. If nobody needs it: docker volume rm ${volume}`,
      exitCode.usage,
    );
  }
  return change;
}

async function agree(
  session: Session,
  { stack, yes }: ChangeOptions,
  { from, to }: VersionChange,
  seconds: number,
): Promise<void> {
  session.say(
    `\nThe data of stack ${stack} can be moved from PostgreSQL ${from} to ${to}. For about ${formatDuration(seconds)} ` +
      `nothing can be written; at the end, Postgres does not answer for a few seconds. The data of before is kept.`,
  );
  if (yes === true) return;
  if (!session.interactive) {
    throw new CommandError(
      "upgrade asks first, which needs a terminal; --yes skips the question. Nothing was changed.",
      exitCode.usage,
    );
  }
  const answer = await confirm(`Move it? Type the stack's name (${stack}): `, session.interruption.signal);
  session.interruption.check();
  if (answer.trim() !== stack) throw new CommandError("Nothing was changed.", exitCode.failed);
}

const whatIsKept = (change: VersionChange): string => {
  const volume = dataVolumeName(change, change.from);
  return (
    `PostgreSQL ${change.to} runs. The data of before is in volume ${volume}. Back to it, without what is written from now on: ` +
    `npx berth upgrade postgres --back --stack ${change.stack}. Once nobody needs it: docker volume rm ${volume}`
  );
};

/**
 * Returns to the version, and the data, from before the last change of the version.
 * @returns the command's exit code
 */
export async function returnToVersion(session: Session, options: ChangeOptions): Promise<number> {
  const { stack } = options;
  const owner = { project: projectName(), stack };
  let recorded: (() => Promise<unknown>) | undefined;
  let code: number = exitCode.failed;
  try {
    code = await changeSettings(session, "upgrade", options, async ({ docker }) => {
      const last = lastCopy(await versionChanges(docker, owner), stack);
      const change = { docker, ...owner, from: last.to, to: last.from };
      if (!(await hasVolume(change, last.from))) {
        throw new CommandError(
          `Volume ${dataVolumeName(owner, last.from)} is gone, and with it the data of before.`,
          exitCode.failed,
        );
      }
      await recordVersion(change, {
        from: last.to,
        to: last.from,
        way: "back",
        at: new Date().toISOString(),
      });
      recorded = async () => {
        const [back] = await versionChanges(docker, owner);
        if (back?.way === "back") await docker.try(dockerCommand.removeVolumes([back.volume]));
      };
      return {
        what:
          `returns to PostgreSQL ${last.from} with the data of ${last.at.slice(0, 16).replace("T", " ")} UTC. What was written ` +
          `since stays in volume ${dataVolumeName(owner, last.to)}`,
        changes: { postgresVersion: last.from, databaseUpgrade: new Date().toISOString() },
        restore: async () => !(await runs(change, last.from)),
      };
    });
    return code;
  } finally {
    if (code !== exitCode.done) await recorded?.();
  }
}

function lastCopy([last]: readonly VersionRecord[], stack: string): VersionRecord {
  if (last?.way === "copy") return last;
  throw new CommandError(`Stack ${stack} has no upgrade to return from.`, exitCode.usage);
}
