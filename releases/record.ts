import { z } from "zod";
import { parseVolumes } from "./labelled-volumes.ts";

/** Label of the volumes that hold one release's record each. */
export const recordLabel = "berth.record";

/** One deployment that took the traffic. */
export const releaseRecord = z.object({
  /** `<12 hex of the image>-<6 hex of the configuration>`, as in `X-Release`. */
  release: z.string(),
  /** Reference of the image, and its id on this engine. */
  image: z.string(),
  imageId: z.string(),
  /** Version of the secret files it reads. */
  secrets: z.string(),
  /**
   * Names of the image's migrations in order; the last one is the schema's version. Null if the
   * image does not say.
   */
  migrations: z.array(z.string()).nullable(),
  /** Those of them that a release without them cannot live with. */
  breaking: z.array(z.string()),
  /** When it had taken the traffic, ISO 8601. */
  at: z.iso.datetime(),
  /** Who ran `up`: `user@machine`. */
  by: z.string(),
  /**
   * Commit that was checked out, followed by `+` if files differed from it; null outside a
   * repository.
   */
  commit: z.string().nullable(),
});

export type ReleaseRecord = z.output<typeof releaseRecord>;

/** A record, and the volume whose label it is. */
export interface KeptRecord extends ReleaseRecord {
  readonly volume: string;
  readonly project: string;
  readonly stack: string;
}

/** The stack that a record is of; of whichever project if undefined. */
export interface RecordOwner {
  readonly project: string | undefined;
  readonly stack: string;
}

/** Whether a record is of a stack. */
export function isOf({ project, stack }: RecordOwner, record: KeptRecord): boolean {
  return record.stack === stack && (project === undefined || record.project === project);
}

/**
 * The records among volumes, newest first. A label that is no record is passed over: it is not
 * ours.
 * @param inspection what `docker volume inspect` prints
 */
export function parseRecords(inspection: string): KeptRecord[] {
  return parseVolumes(inspection, recordLabel, releaseRecord)
    .map(({ record, volume, labels }) => ({
      ...record,
      volume,
      project: labels["berth.project"] ?? "",
      stack: labels["berth.stack"] ?? "",
    }))
    .sort((a, b) => (a.at < b.at ? 1 : -1));
}

/** An image that no record needs any more. */
export type UnneededImage = Pick<ReleaseRecord, "image" | "imageId">;

/**
 * What may go: records of one stack beyond the newest `keep` releases, and images that no record
 * left needs.
 */
export interface Superseded {
  readonly volumes: readonly string[];
  readonly images: readonly UnneededImage[];
}

/**
 * Finds what may go.
 * @param records every record on the engine, other stacks' too: an image that one of them keeps
 * stays
 * @param keep how many releases of `owner` stay
 */
export function superseded(records: readonly KeptRecord[], owner: RecordOwner, keep: number): Superseded {
  const own = records.filter((record) => isOf(owner, record));
  const kept = new Set([...new Set(own.map(({ release }) => release))].slice(0, keep));
  const old = own.filter(({ release }) => !kept.has(release));
  const left = records.filter((record) => !old.includes(record));
  // By its id as well: a promoted image is the same one under another reference.
  const needed = new Set(left.flatMap(({ image, imageId }) => [image, imageId]));
  const images = new Map(old.map(({ image, imageId }) => [image, { image, imageId }]));
  return {
    volumes: old.map(({ volume }) => volume),
    images: [...images.values()].filter(({ image, imageId }) => !needed.has(image) && !needed.has(imageId)),
  };
}

/** What decides whether an image fits a schema. */
export interface ImageSchema {
  /** Names of the image's migrations; null if it does not say. */
  readonly migrations: readonly string[] | null;
}

/** What decides which images still fit the schema that a release has left. */
export interface LeftSchema {
  /** Names of the release's migrations that older releases cannot live with. */
  readonly breaking: readonly string[];
}

/**
 * Migrations of the present release that took away what an image needs; all of them if the image
 * does not say which ones it has.
 * @param image its migrations
 * @param present the release that has left the schema as it is; undefined if the stack is new
 */
export function barrierTo(image: ImageSchema, present: LeftSchema | undefined): string[] {
  return present?.breaking.filter((name) => image.migrations?.includes(name) !== true) ?? [];
}

/**
 * Whether a schema has all of an image's migrations, and others.
 * @param records of the releases that the schema has seen
 */
export function isOlderThan(image: ImageSchema, records: readonly ImageSchema[]): boolean {
  const applied = new Set(records.flatMap(({ migrations }) => migrations ?? []));
  const { migrations } = image;
  return (
    migrations !== null && migrations.length < applied.size && migrations.every((name) => applied.has(name))
  );
}
