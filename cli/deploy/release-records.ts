import { isByDigest } from "../../releases/image-names.ts";
import { recordsOn } from "../../releases/read-records.ts";
import {
  barrierTo,
  isOf,
  type ImageSchema,
  type KeptRecord,
  type LeftSchema,
} from "../../releases/record.ts";
import type { Docker } from "../../system/docker.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { renderTable } from "../terminal/table.ts";
import { stackFlag } from "../settings/stack-flag.ts";

/** A release that a stack has had, as `releases --json` prints it. */
export interface KnownRelease extends KeptRecord {
  /** Its image is on the engine. */
  readonly kept: boolean;
}

/** The releases of a stack that are on record, newest first; the first one is the present one. */
export async function releasesOf(docker: Docker, stack: string): Promise<KnownRelease[]> {
  const records = await recordsOn(docker);
  return Promise.all(
    records
      .filter((record) => isOf({ project: docker.project, stack }, record))
      .map(async (record) => ({
        ...record,
        kept: (await docker.try(["image", "inspect", "--format", "ok", record.image])).code === 0,
      })),
  );
}

/**
 * One release of a stack, the present one by default.
 * @returns it, and an image that is on the engine: the volume of a record is read through one
 * @throws CommandError if there is no such release
 */
export async function recordedRelease(
  docker: Docker,
  stack: string,
  release: string | undefined,
): Promise<{ readonly record: KnownRelease; readonly through: string | undefined }> {
  const all = await releasesOf(docker, stack);
  const record = release === undefined ? all[0] : all.find((one) => one.release === release);
  if (record === undefined) {
    const which = release === undefined ? "no recorded release" : `no release ${release}`;
    throw new CommandError(
      `Stack ${stack} has ${which}. See: npx berth releases --stack ${stack}`,
      exitCode.usage,
    );
  }
  return { record, through: [record, ...all].find(({ kept }) => kept)?.image };
}

/** The releases as a table. */
export function renderReleases(releases: readonly KnownRelease[]): string {
  return renderTable(
    ["", "RELEASE", "DEPLOYED", "BY", "COMMIT", "SCHEMA", "IMAGE"],
    releases.map(({ release, at, by, commit, migrations, kept, image }, index) => [
      index === 0 ? "*" : "",
      release,
      at.slice(0, 16).replace("T", " "),
      by,
      commit ?? "-",
      migrations === null ? "unknown" : (migrations.at(-1) ?? "-"),
      kept || isByDigest(image) ? image : "gone",
    ]),
  );
}

/**
 * The release to go back to.
 * @param wanted beginning of its name; the previous release if undefined
 * @throws CommandError if there is none, its image is gone, or it no longer works with the schema
 */
export function rollbackTarget(
  releases: readonly KnownRelease[],
  stack: string,
  wanted: string | undefined,
): KnownRelease {
  const [present] = releases;
  const list = `npx berth releases${stackFlag(stack)} lists them.`;
  if (present === undefined) {
    throw new CommandError(`Stack ${stack} has no recorded release.`, exitCode.failed);
  }
  const found = releases.find(({ release, image }) =>
    wanted === undefined ? image !== present.image : release.startsWith(wanted),
  );
  if (found === undefined) {
    throw new CommandError(
      wanted === undefined
        ? `Stack ${stack} has no recorded release except the current one.`
        : `Stack ${stack} has no release ${wanted} on record. ${list}`,
      exitCode.usage,
    );
  }
  if (found.image === present.image) {
    throw new CommandError(
      `The image of release ${found.release} is already running. To return to an earlier configuration, set it: pulumi config set … --stack ${stack}`,
      exitCode.usage,
    );
  }
  if (!found.kept && !isByDigest(found.image)) {
    throw new CommandError(
      `The image of release ${found.release} is no longer on the engine (keepReleases sets how many are kept). ${list}`,
      exitCode.failed,
    );
  }
  const wayBack = `Data and release of then: npx berth restore --to before:${present.release}${stackFlag(stack)}`;
  refuseUnfit(`Release ${found.release}`, found, present, wayBack);
  return found;
}

/**
 * Makes sure that an image fits the schema that the present release has left.
 * @param what names the image in the message
 * @param wayBack what to do instead
 * @throws CommandError naming the migrations that took away what it needs
 */
export function refuseUnfit(
  what: string,
  image: ImageSchema,
  present: LeftSchema | undefined,
  wayBack = "",
): void {
  const barrier = barrierTo(image, present);
  if (barrier.length === 0) return;
  throw new CommandError(
    `${what} no longer works with the current schema: ${barrier.join(", ")} removed what it needs. Nothing was changed. ${wayBack}`.trimEnd(),
    exitCode.failed,
  );
}
