import { z } from "zod";
import { dockerCommand } from "../system/docker-commands.ts";
import type { Docker } from "../system/docker.ts";
import { parseRecords, recordLabel, type KeptRecord, type ReleaseRecord } from "./record.ts";

/** The records of every stack on the engine, newest first. */
export async function recordsOn(docker: Docker): Promise<KeptRecord[]> {
  return parseRecords(await docker.inspect("volume", await docker.volumes(`label=${recordLabel}`)));
}

/**
 * Writes a record down.
 * @param project name of the Pulumi project, which the record's volume is named after
 * @returns the volume that it is a label of
 */
export async function writeRecord(
  docker: Docker,
  { project, stack }: { readonly project: string; readonly stack: string },
  record: ReleaseRecord,
): Promise<string> {
  const labels = {
    "berth.project": project,
    "berth.stack": stack,
    "berth.part": "release",
    "berth.release": record.release,
    [recordLabel]: JSON.stringify(record),
  };
  const time = record.at.replaceAll(/[-:.]/g, "");
  const volume = `${project}-${stack}-release-${time}`;
  await docker.run(dockerCommand.createVolume(volume, labels));
  return volume;
}

/** What an image says of itself: the application's Dockerfile makes the labels. */
export interface DescribedImage extends Pick<ReleaseRecord, "imageId" | "migrations" | "breaking"> {
  /** Every `repository:tag` of it. */
  readonly tags: readonly string[];
}

const inspected = z.tuple([
  z.object({
    Id: z.string(),
    RepoTags: z.array(z.string()).nullish(),
    Config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }),
  }),
]);

/**
 * Looks at an image on the engine.
 * @throws CommandError if it is not there
 */
export async function describeImage(docker: Docker, reference: string): Promise<DescribedImage> {
  const json = await docker.run(dockerCommand.inspect("image", [reference]));
  const [{ Id, RepoTags, Config }] = inspected.parse(JSON.parse(json));
  const names = (label: string) => Config.Labels?.[label]?.split(",").filter((name) => name !== "");
  return {
    imageId: Id,
    tags: RepoTags ?? [],
    migrations: names("berth.migrations") ?? null,
    breaking: names("berth.breaking") ?? [],
  };
}
