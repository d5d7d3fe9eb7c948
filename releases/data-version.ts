import { z } from "zod";
import { parseVolumes } from "./labelled-volumes.ts";

/** Major versions of PostgreSQL that a stack may run. */
export const postgresVersions = ["15", "16", "17", "18"] as const;
export type PostgresVersion = (typeof postgresVersions)[number];

/** The version whose volume has no number in its name: stacks had it before they could choose. */
const unnumbered: PostgresVersion = "17";

/** Label of the volumes that say which version's data files are the stack's. */
export const versionLabel = "berth.data-version";

/** A change of the version. */
export const versionRecord = z.object({
  from: z.enum(postgresVersions),
  to: z.enum(postgresVersions),
  /** A copy is good as long as the original takes no writes; the way back needs no such thing. */
  way: z.enum(["copy", "back"]),
  /** When it was decided or the copy was complete, ISO 8601. */
  at: z.iso.datetime(),
});
export type VersionRecord = z.output<typeof versionRecord>;

interface Owner {
  readonly project: string;
  readonly stack: string;
}

/** Name of the volume with a version's data files. */
export function dataVolumeName({ project, stack }: Owner, version: PostgresVersion): string {
  return `${project}-${stack}-postgres${version === unnumbered ? "" : `-${version}`}`;
}

/** The version whose data files a volume holds, by its name; undefined if it is another volume. */
export function versionOfVolume(owner: Owner, name: string): PostgresVersion | undefined {
  return postgresVersions.find((version) => dataVolumeName(owner, version) === name);
}

/** A record, and the volume whose label it is. */
export interface KeptVersion extends VersionRecord {
  readonly volume: string;
}

/** Changes of the version, newest first, among inspected volumes. */
export function parseVersions(inspection: string): KeptVersion[] {
  return parseVolumes(inspection, versionLabel, versionRecord)
    .map(({ record, volume }) => ({ ...record, volume }))
    .sort((one, other) => (one.at < other.at ? 1 : -1));
}

/** What is known of a stack's data files on its engine. */
export interface DataFiles {
  /** Version of the Postgres that runs. */
  readonly running: PostgresVersion | undefined;
  /** It takes no writes, because its data is being copied. */
  readonly frozen: boolean;
  /** Versions that have a volume. */
  readonly volumes: readonly PostgresVersion[];
  /** Changes of the version, newest first. */
  readonly changes: readonly VersionRecord[];
}

/** The version that may be deployed; undefined if the stack has no data yet. */
export function presentVersion({
  running,
  frozen,
  volumes,
  changes,
}: DataFiles): PostgresVersion | undefined {
  const [change] = changes;
  const last = change !== undefined && volumes.includes(change.to) ? change : undefined;
  if (running === undefined) return last?.to ?? (volumes.includes(unnumbered) ? unnumbered : volumes[0]);
  if (last?.from === running && (last.way === "back" || frozen)) return last.to;
  return running;
}
