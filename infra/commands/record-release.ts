// Records a release that took the traffic, and prunes what is older than the stack keeps.
//
// A record is a label of a volume of its own: it lies on the engine that has the image, it is there
// for whoever deploys next, from whichever machine, and reading it starts no container. The volume
// itself holds the release's bill of materials and its provenance.
//
// Environment: PROJECT, STACK, RELEASE, IMAGE (reference), SECRETS (version), KEEP (releases), and
// what docker reads
import { hostname } from "node:os";
import { z } from "zod";
import { keepPapers } from "../../releases/image-contents.ts";
import { missingTags, ownNames } from "../../releases/image-names.ts";
import { describeImage, recordsOn, writeRecord, type DescribedImage } from "../../releases/read-records.ts";
import { isOf, superseded } from "../../releases/record.ts";
import { dockerCommand } from "../../system/docker-commands.ts";
import { Docker } from "../../system/docker.ts";
import { capture } from "../../system/run.ts";
import { userName } from "../../system/user-name.ts";

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
const docker = new Docker(process.env);

/** The commit that is checked out; `+` if files differ from it. */
async function commit(): Promise<string | null> {
  const git = (...args: string[]) => capture({ command: "git", args });
  const head = await git("rev-parse", "--short=12", "HEAD");
  if (head.code !== 0) return null;
  const changed = (await git("status", "--porcelain", "--untracked-files=no")).stdout.trim() !== "";
  return `${head.stdout.trim()}${changed ? "+" : ""}`;
}

/** Gives a pulled image a tag that no other image has. */
async function nameImage(tags: DescribedImage["tags"]): Promise<void> {
  for (const tag of missingTags(given.IMAGE, tags)) {
    if ((await docker.try(dockerCommand.inspect("image", [tag]))).code === 0) continue;
    await docker.run(dockerCommand.tag(given.IMAGE, tag));
    return;
  }
}

async function record(): Promise<void> {
  const { tags, ...image } = await describeImage(docker, given.IMAGE);
  await nameImage(tags);
  const written = {
    release: given.RELEASE,
    image: given.IMAGE,
    ...image,
    secrets: given.SECRETS,
    at: new Date().toISOString(),
    by: `${userName()}@${hostname()}`,
    commit: await commit(),
  };
  const volume = await writeRecord(docker, { project: given.PROJECT, stack: given.STACK }, written);
  await keepPapers(docker, written, volume, given.STACK).catch((error: unknown) => {
    // The release serves; `berth sbom` makes its papers anew while its image is there.
    process.stderr.write(`No bill of materials was kept: ${String(error)}\n`);
  });
}

/** Names of an image on the engine; none of one that is gone. */
async function tagsOf(imageId: string): Promise<DescribedImage["tags"]> {
  return describeImage(docker, imageId).then(
    ({ tags }) => tags,
    () => [],
  );
}

const owner = { project: given.PROJECT, stack: given.STACK };
const [newest] = (await recordsOn(docker)).filter((kept) => isOf(owner, kept));
// An interrupted `up` comes here twice with the same release.
if (newest?.release !== given.RELEASE) await record();

const old = superseded(await recordsOn(docker), owner, given.KEEP);
for (const { image, imageId } of old.images) {
  for (const name of ownNames(image, await tagsOf(imageId))) {
    const { code, stderr } = await docker.try(dockerCommand.removeImage(name));
    if (code !== 0 && !stderr.includes("No such image")) {
      // Some container still needs it: it goes with a later release.
      process.stderr.write(`${name} stays: ${stderr.trim()}\n`);
    }
  }
}
if (old.volumes.length > 0) await docker.try(dockerCommand.removeVolumes(old.volumes));
