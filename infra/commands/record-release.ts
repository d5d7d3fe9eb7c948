// Records a release that took the traffic, and prunes what is older than the stack keeps.
//
// A record is a label of a volume of its own: it lies on the engine that has the image, it is there for whoever deploys
// next, from whichever machine, and reading it starts no container.
//
// Environment: PROJECT, STACK, RELEASE, IMAGE (reference), SECRETS (version), KEEP (releases), and what docker reads
import { execFileSync, spawnSync } from "node:child_process";
import { hostname, userInfo } from "node:os";
import { z } from "zod";
import { missingTags, ownNames } from "../image-names.ts";
import {
  parseRecords,
  recordLabel,
  superseded,
  type KeptRecord,
  type ReleaseRecord,
} from "../release-record.ts";

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

const docker = (...args: string[]) => execFileSync("docker", args, { encoding: "utf8" }).trim();
const words = (text: string | undefined) => (text === undefined || text === "" ? [] : text.split(","));

function records(): KeptRecord[] {
  const names = docker("volume", "ls", "--quiet", "--filter", `label=${recordLabel}`).split("\n");
  const present = names.filter((name) => name !== "");
  return present.length === 0 ? [] : parseRecords(docker("volume", "inspect", ...present));
}

/** The commit that is checked out; `+` where files differ from it. */
function commit(): string | null {
  const git = (...args: string[]) => spawnSync("git", args, { encoding: "utf8" });
  const head = git("rev-parse", "--short=12", "HEAD");
  if (head.status !== 0) return null;
  const changed = git("status", "--porcelain", "--untracked-files=no").stdout.trim() !== "";
  return `${head.stdout.trim()}${changed ? "+" : ""}`;
}

const inspected = z.tuple([
  z.object({
    Id: z.string(),
    RepoTags: z.array(z.string()).nullish(),
    Config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }),
  }),
]);

function record(): void {
  const [image] = inspected.parse(JSON.parse(docker("image", "inspect", given.IMAGE)));
  const free = (tag: string) => spawnSync("docker", ["image", "inspect", tag]).status !== 0;
  const tag = missingTags(given.IMAGE, image.RepoTags ?? []).find(free);
  if (tag !== undefined) docker("tag", given.IMAGE, tag);
  const labels = image.Config.Labels ?? {};
  const entry: ReleaseRecord = {
    release: given.RELEASE,
    image: given.IMAGE,
    imageId: image.Id,
    secrets: given.SECRETS,
    // The application's Dockerfile makes these labels.
    migrations: words(labels["berth.migrations"]),
    breaking: words(labels["berth.breaking"]),
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

const [newest] = records().filter(({ stack }) => stack === given.STACK);
// An interrupted `up` comes here twice with the same release.
if (newest?.release !== given.RELEASE) record();

const old = superseded(records(), given.STACK, given.KEEP);
for (const { image, imageId } of old.images) {
  const found = spawnSync("docker", ["image", "inspect", imageId], { encoding: "utf8" });
  const tags = found.status === 0 ? (inspected.parse(JSON.parse(found.stdout))[0].RepoTags ?? []) : [];
  for (const name of ownNames(image, tags)) {
    // Without force: an image that some container still needs stays, and goes with a later release.
    const removed = spawnSync("docker", ["image", "rm", name], { encoding: "utf8" });
    if (removed.status !== 0 && !removed.stderr.includes("No such image")) {
      process.stderr.write(`${name} stays: ${removed.stderr.trim()}\n`);
    }
  }
}
for (const volume of old.volumes) spawnSync("docker", ["volume", "rm", volume]);
