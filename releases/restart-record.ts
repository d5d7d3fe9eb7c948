import { z } from "zod";
import { parseVolumes } from "./labelled-volumes.ts";

/** Label of the volumes that say which changes of a part wait for a restart of it. */
export const waitingLabel = "berth.waiting";

/** Label of the volumes that say what a restart of a part has done. */
export const restartLabel = "berth.restart";

/** Parts that an ordinary update never restarts. */
export const heldParts = ["postgres", "redis"] as const;
export type HeldPart = (typeof heldParts)[number];

/** Names for people. */
export const partTitles = { postgres: "Postgres", redis: "Redis" } as const satisfies Record<
  HeldPart,
  string
>;

/** A difference between a part as it runs and as the program describes it. */
export const change = z.object({ what: z.string(), from: z.string(), to: z.string() });
export type Change = z.output<typeof change>;

/** Changes of one part that wait. */
export const waitingRecord = z.object({
  part: z.enum(heldParts),
  changes: z.array(
    change.extend({
      /** When an update met it first, ISO 8601. */
      since: z.iso.datetime(),
      /** The program's versions before and after; none if it is not the image that changes. */
      versions: z.array(z.string()),
    }),
  ),
  /** Seconds that the last restart took; null if none was measured. */
  seconds: z.number().nullable(),
});
export type WaitingRecord = z.output<typeof waitingRecord>;

/** A restart that has been done. */
export const restartRecord = z.object({
  part: z.enum(heldParts),
  /** When the part answered again, ISO 8601. */
  at: z.iso.datetime(),
  /** Who did it: `user@machine`. */
  by: z.string(),
  /** The program's version before and after. */
  from: z.string(),
  to: z.string(),
  /** From the beginning of the stop until it answered; null if it did not run before. */
  seconds: z.number().nullable(),
});
export type RestartRecord = z.output<typeof restartRecord>;

/** What waits, among inspected volumes. */
export function parseWaiting(inspection: string): WaitingRecord[] {
  return parseVolumes(inspection, waitingLabel, waitingRecord).map(({ record }) => record);
}

/** Restarts, newest first, among inspected volumes. */
export function parseRestarts(inspection: string): RestartRecord[] {
  return parseVolumes(inspection, restartLabel, restartRecord)
    .map(({ record }) => record)
    .sort((one, other) => (one.at < other.at ? 1 : -1));
}

const minute = (time: string) => `${time.slice(0, 16).replace("T", " ")} UTC`;

/** A change as people read it. */
export function describeChange({
  what,
  from,
  to,
  versions,
}: Change & { versions?: readonly string[] }): string {
  const [before = "", after = ""] = versions ?? [];
  const version =
    before === "" || after === "" ? "" : ` (${before === after ? before : `${before} → ${after}`})`;
  return `${what} ${from} → ${to}${version}`;
}

/** What waits, since when, how long the restart takes and how it is done: one line. */
export function describeWaiting({ part, changes, seconds }: WaitingRecord, stack: string): string {
  const since = changes.map((one) => one.since).sort()[0] ?? "";
  const duration = seconds === null ? "a few seconds" : `about ${seconds.toFixed(1)} s, as the last time`;
  return (
    `${partTitles[part]} was not restarted. Waiting since ${minute(since)}: ${changes.map(describeChange).join("; ")}. ` +
    `The restart takes ${duration}: npx berth upgrade ${part} --stack ${stack}`
  );
}

/** What a restart has done: one line. */
export function describeRestart({ part, at, by, from, to, seconds }: RestartRecord): string {
  const version = from === to ? `version ${to}` : `version ${from} → ${to}`;
  const time = seconds === null ? "" : `, without an answer for ${seconds.toFixed(1)} s`;
  return `${partTitles[part]} was restarted by ${by} on ${minute(at)}: ${version}${time}.`;
}
