// Records on the engine what waits for a restart of a part, so that every deployer's `status` and
// `doctor` say it, and prints the record. What waited before keeps its time.
//
// Environment: PROJECT, STACK, PART, CHANGES (JSON), IMAGE (reference of the part's present image),
// and what docker reads
import { createHash } from "node:crypto";
import { z } from "zod";
import { restartsOn, waitingOn } from "../../releases/read-restarts.ts";
import { change, waitingLabel, type WaitingRecord } from "../../releases/restart-record.ts";
import { dockerCommand } from "../../system/docker-commands.ts";
import { Docker } from "../../system/docker.ts";
import { restartEnvironment, runningContainer, versionInImage, versionOf } from "./restart-environment.ts";

const given = restartEnvironment
  .extend({
    CHANGES: z.string().transform((text) => z.array(change).parse(JSON.parse(text))),
    IMAGE: z.string(),
  })
  .parse(process.env);
const { PROJECT: project, STACK: stack, PART: part, IMAGE: image } = given;
const docker = new Docker(process.env);

const ofPart = (record: { readonly part: string }) => record.part === part;
const before = (await waitingOn(docker, { project, stack })).filter(ofPart).flatMap(({ changes }) => changes);
const measured = (await restartsOn(docker, { project, stack }))
  .filter(ofPart)
  .flatMap(({ seconds }) => (seconds === null ? [] : [seconds]));
const now = new Date().toISOString();
const versions = async () => [
  await versionOf(docker, await runningContainer(docker, given), part),
  await versionInImage(docker, image, part),
];
const record: WaitingRecord = {
  part,
  changes: await Promise.all(
    given.CHANGES.map(async ({ what, from, to }) => ({
      what,
      from,
      // Which of the references that may be had is known by now.
      to: what === "image" ? image : to,
      since: before.find((known) => known.what === what && known.from === from)?.since ?? now,
      versions: what === "image" ? await versions() : [],
    })),
  ),
  seconds: measured[0] ?? null,
};
const hash = createHash("sha256")
  .update(JSON.stringify([given.CHANGES, image]))
  .digest("hex")
  .slice(0, 12);
// Named after what waits: to record it twice changes nothing.
const name = `${project}-${stack}-waiting-${part}-${hash}`;
await docker.run(
  dockerCommand.createVolume(name, {
    "berth.project": project,
    "berth.stack": stack,
    "berth.part": part,
    [waitingLabel]: JSON.stringify(record),
  }),
);
const owned = [`label=${waitingLabel}`, `label=berth.project=${project}`, `label=berth.stack=${stack}`];
const recorded = await docker.run(dockerCommand.ids("volume", [...owned, `label=berth.part=${part}`]));
const earlier = recorded.split("\n").filter((one) => one !== "" && one !== name);
if (earlier.length > 0) await docker.try(dockerCommand.removeVolumes(earlier));
process.stdout.write(JSON.stringify({ volume: name, record }));
