import { spawnSync } from "node:child_process";
import { z } from "zod";
import { parseRecords, recordLabel, type KeptRecord, type ReleaseRecord } from "./record.ts";

/**
 * Runs one docker command on the engine that the environment names.
 * @returns what it printed
 * @throws Error with its own words
 */
export function docker(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync("docker", args, { encoding: "utf8" });
  if (status === 0) return stdout.trim();
  throw new Error(`docker ${args.slice(0, 2).join(" ")} failed: ${stderr.trim()}`);
}

/** The records of every stack on the engine, newest first. */
export function engineRecords(): KeptRecord[] {
  const names = docker("volume", "ls", "--quiet", "--filter", `label=${recordLabel}`).split("\n");
  const present = names.filter((name) => name !== "");
  if (present.length === 0) return [];
  // Other stacks' volumes may go meanwhile, which makes it fail and still print the rest.
  const { stdout } = spawnSync("docker", ["volume", "inspect", ...present], { encoding: "utf8" });
  return parseRecords(stdout);
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
 * @throws Error where it is not there
 */
export function describeImage(reference: string): DescribedImage {
  const [{ Id, RepoTags, Config }] = inspected.parse(JSON.parse(docker("image", "inspect", reference)));
  const names = (label: string) => (Config.Labels?.[label] ?? "").split(",").filter((name) => name !== "");
  return {
    imageId: Id,
    tags: RepoTags ?? [],
    migrations: names("berth.migrations"),
    breaking: names("berth.breaking"),
  };
}
