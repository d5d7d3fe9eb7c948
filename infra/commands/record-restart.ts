// Records on the engine what a restart of a part has done, and says it.
//
// Environment: PROJECT, STACK, PART, BEFORE (JSON of before-restart.sh), and what docker reads
import { hostname } from "node:os";
import { z } from "zod";
import {
  describeRestart,
  restartLabel,
  type HeldPart,
  type RestartRecord,
} from "../../releases/restart-record.ts";
import { dockerCommand } from "../../system/docker-commands.ts";
import { Docker } from "../../system/docker.ts";
import { userName } from "../../system/user-name.ts";
import { restartEnvironment, runningContainer, versionOf } from "./restart-environment.ts";

const before = z.object({ version: z.string().optional(), at: z.iso.datetime().optional() });
const given = restartEnvironment
  .extend({ BEFORE: z.string().transform((text) => before.parse(JSON.parse(text))) })
  .parse(process.env);
const docker = new Docker(process.env);
const { PROJECT: project, STACK: stack, PART: part } = given;

/** What each part logs once it takes connections. */
const takesConnections = {
  postgres: /database system is ready to accept connections/,
  redis: /Ready to accept connections/,
} as const satisfies Record<HeldPart, RegExp>;

/** When the container began to take connections, by its log; now if the log does not say. */
async function answeredAt(container: string): Promise<string> {
  const { stdout, stderr } = await docker.try(
    dockerCommand.logs(container, {
      timestamps: true,
      ...(given.BEFORE.at === undefined ? {} : { since: given.BEFORE.at }),
    }),
  );
  const line = `${stdout}\n${stderr}`
    .split("\n")
    .filter((text) => takesConnections[part].test(text))
    .at(-1);
  const time = new Date(line?.split(" ")[0] ?? Number.NaN);
  return (Number.isNaN(time.getTime()) ? new Date() : time).toISOString();
}

const container = await runningContainer(docker, given);
if (container === undefined) throw new Error(`${part} does not run.`);
const at = await answeredAt(container);
const record: RestartRecord = {
  part,
  at,
  by: `${userName()}@${hostname()}`,
  from: given.BEFORE.version ?? "",
  to: await versionOf(docker, container, part),
  seconds:
    given.BEFORE.at === undefined ? null : Math.max(0, (Date.parse(at) - Date.parse(given.BEFORE.at)) / 1000),
};
await docker.run(
  dockerCommand.createVolume(`${project}-${stack}-restart-${part}-${at.replaceAll(/[-:.]/g, "")}`, {
    "berth.project": project,
    "berth.stack": stack,
    "berth.part": part,
    [restartLabel]: JSON.stringify(record),
  }),
);
process.stderr.write(`${describeRestart(record)}\n`);
process.stdout.write(JSON.stringify(record));
