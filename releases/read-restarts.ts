import { dockerCommand } from "../system/docker-commands.ts";
import type { Docker } from "../system/docker.ts";
import {
  parseRestarts,
  parseWaiting,
  restartLabel,
  waitingLabel,
  type RestartRecord,
  type WaitingRecord,
} from "./restart-record.ts";

/** The stack whose records are read; of whichever project if undefined. */
interface Owner {
  readonly project: string | undefined;
  readonly stack: string;
}

/** What waits for a restart of a part of a stack, by the records on the engine. */
export async function waitingOn(docker: Docker, owner: Owner): Promise<WaitingRecord[]> {
  return parseWaiting(await inspected(docker, owner, waitingLabel));
}

/** Restarts of a stack's parts, newest first, by the records on the engine. */
export async function restartsOn(docker: Docker, owner: Owner): Promise<RestartRecord[]> {
  return parseRestarts(await inspected(docker, owner, restartLabel));
}

async function inspected(docker: Docker, { project, stack }: Owner, label: string): Promise<string> {
  const wanted = [
    label,
    `berth.stack=${stack}`,
    ...(project === undefined ? [] : [`berth.project=${project}`]),
  ];
  const names = await docker.run(
    dockerCommand.ids(
      "volume",
      wanted.map((one) => `label=${one}`),
    ),
  );
  return docker.inspect(
    "volume",
    names.split("\n").filter((name) => name !== ""),
  );
}
