import { Argument, Option } from "commander";
import { postgresVersions, type PostgresVersion } from "../../releases/data-version.ts";
import { restartsOn, waitingOn } from "../../releases/read-restarts.ts";
import {
  describeChange,
  describeRestart,
  heldParts,
  partTitles,
  type HeldPart,
} from "../../releases/restart-record.ts";
import type { Docker } from "../../system/docker.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { changeSettings, type ChangeOptions } from "../deploy/change-settings.ts";
import type { Session } from "../session.ts";
import { changeVersion, returnToVersion } from "../deploy/change-version.ts";
import { stackCommand, type AddCommand } from "./command.ts";
import { changeOptions } from "./options.ts";

/** The setting that agrees to a restart of each part. */
const agreements = {
  postgres: "databaseUpgrade",
  redis: "cacheUpgrade",
} as const satisfies Record<HeldPart, string>;

interface UpgradeOptions extends ChangeOptions {
  readonly to?: PostgresVersion;
  readonly back?: boolean;
}

/** `berth upgrade`: restarts a part that an update leaves running, with what waits for that. */
export const addUpgrade: AddCommand = (program, run) => {
  const command = stackCommand(
    program,
    "upgrade",
    "restart Postgres or Redis with the image and the settings that wait for it, and deploy the rest with it",
    [
      ["npx berth upgrade postgres --stack prod", "show what would change, ask, and restart Postgres"],
      ["npx berth upgrade all --stack prod --yes", "Postgres and Redis, without asking"],
      [
        "npx berth upgrade postgres --to 18 --stack prod",
        "rehearse, ask, and move the data to PostgreSQL 18",
      ],
      ["npx berth upgrade postgres --back --stack prod", "return to the data of before that"],
    ],
  )
    .addArgument(new Argument("<part>", "what is restarted").choices([...heldParts, "all"]))
    .addOption(
      new Option("--to <version>", "another major version of PostgreSQL")
        .choices(postgresVersions)
        .conflicts("back"),
    )
    .option("--back", "return to the version, and the data, from before the last --to");
  for (const option of changeOptions()) command.addOption(option);
  command.action(async (part: HeldPart | "all", options: UpgradeOptions) =>
    run({ showSteps: true }, (session) => {
      if (options.to === undefined && options.back !== true) return restart(session, part, options);
      if (part !== "postgres")
        throw new CommandError(
          "Only postgres has major versions: npx berth upgrade postgres --to 18",
          exitCode.usage,
        );
      return options.to === undefined
        ? returnToVersion(session, options)
        : changeVersion(session, options.to, options);
    }),
  );
};

async function restart(session: Session, part: HeldPart | "all", options: ChangeOptions): Promise<number> {
  const { stack } = options;
  const begun = new Date().toISOString();
  let engine: Docker | undefined;
  const code = await changeSettings(session, "upgrade", options, async ({ docker, config }) => {
    engine = docker;
    if (part === "redis" && config.cache === undefined) {
      throw new CommandError(`Stack ${stack} has no Redis.`, exitCode.usage);
    }
    const parts = heldParts.filter(
      (one) => (part === "all" || one === part) && (one !== "redis" || config.cache !== undefined),
    );
    return {
      what: await announcement(docker, stack, parts),
      changes: Object.fromEntries(parts.map((one) => [agreements[one], begun])),
      restore: true,
    };
  });
  if (engine === undefined || code !== exitCode.done) return code;
  const done = await restartsOn(engine, { project: engine.project, stack });
  for (const record of done.filter(({ at }) => at >= begun)) session.say(describeRestart(record));
  return code;
}

async function announcement(docker: Docker, stack: string, parts: readonly HeldPart[]): Promise<string> {
  const waiting = await waitingOn(docker, { project: docker.project, stack });
  const lines = parts.map((part) => {
    const record = waiting.find((one) => one.part === part);
    const seconds = record?.seconds ?? null;
    const duration = seconds === null ? "a few seconds" : `about ${seconds.toFixed(1)} s`;
    const brings =
      record === undefined
        ? "this checkout's image and settings"
        : record.changes.map(describeChange).join("; ");
    return `${partTitles[part]} of stack ${stack} (${duration}) with ${brings}`;
  });
  return `restarts ${lines.join(", and ")}; requests wait meanwhile`;
}
