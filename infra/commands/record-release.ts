// Records a release that took the traffic, and prunes what is older than the stack keeps.
//
// A record is a label of a volume of its own: it lies on the engine that has the image, it is there for whoever deploys
// next, from whichever machine, and reading it starts no container.
//
// Environment: PROJECT, STACK, RELEASE, IMAGE (reference), SECRETS (version), KEEP (releases), and what docker reads
import { spawnSync } from "node:child_process";
import { hostname, userInfo } from "node:os";
import { z } from "zod";
import { missingTags, ownNames } from "../../releases/image-names.ts";
import { describeImage, docker, engineRecords, type DescribedImage } from "../../releases/engine-records.ts";
import { recordLabel, superseded, type ReleaseRecord } from "../../releases/record.ts";

const given = z
  .object({
    PROJECT: z.string(),
    STACK: z.string(),
    RELEASE: z.string(),
    IMAGE: z.string(),
    SECRETS: z.string(),
    KEEP: z.coerce.number().int().positive(),
  })
  .parse(process.env);

/** The commit that is checked out; `+` where files differ from it. */
function commit(): string | null {
  const git = (...args: string[]) => spawnSync("git", args, { encoding: "utf8" });
  const head = git("rev-parse", "--short=12", "HEAD");
  if (head.status !== 0) return null;
  const changed = git("status", "--porcelain", "--untracked-files=no").stdout.trim() !== "";
  return `${head.stdout.trim()}${changed ? "+" : ""}`;
}

function record(): void {
  const { tags, ...image } = describeImage(given.IMAGE);
  const free = (tag: string) => spawnSync("docker", ["image", "inspect", tag]).status !== 0;
  const tag = missingTags(given.IMAGE, tags).find(free);
  if (tag !== undefined) docker("tag", given.IMAGE, tag);
  const entry: ReleaseRecord = {
    release: given.RELEASE,
    image: given.IMAGE,
    ...image,
    secrets: given.SECRETS,
    at: new Date().toISOString(),
    by: `${userInfo().username}@${hostname()}`,
    commit: commit(),
  };
  const time = entry.at.replaceAll(/[-:.]/g, "");
  const ownership = Object.entries({
    "berth.project": given.PROJECT,
    "berth.stack": given.STACK,
    "berth.part": "release",
    "berth.release": given.RELEASE,
    [recordLabel]: JSON.stringify(entry),
  }).flatMap(([label, value]) => ["--label", `${label}=${value}`]);
  docker("volume", "create", ...ownership, `${given.PROJECT}-${given.STACK}-release-${time}`);
}

/** Names of an image on the engine; none of one that is gone. */
function tagsOf(imageId: string): DescribedImage["tags"] {
  try {
    return describeImage(imageId).tags;
  } catch {
    return [];
  }
}

const [newest] = engineRecords().filter(({ stack }) => stack === given.STACK);
// An interrupted `up` comes here twice with the same release.
if (newest?.release !== given.RELEASE) record();

const old = superseded(engineRecords(), given.STACK, given.KEEP);
for (const { image, imageId } of old.images) {
  for (const name of ownNames(image, tagsOf(imageId))) {
    // Without force: an image that some container still needs stays, and goes with a later release.
    const removed = spawnSync("docker", ["image", "rm", name], { encoding: "utf8" });
    if (removed.status !== 0 && !removed.stderr.includes("No such image")) {
      process.stderr.write(`${name} stays: ${removed.stderr.trim()}\n`);
    }
  }
}
for (const volume of old.volumes) spawnSync("docker", ["volume", "rm", volume]);
