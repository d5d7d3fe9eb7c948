import { CommandError, exitCode } from "../../system/exit-code.ts";

/** A moment as people name it. */
export type WantedMoment = { readonly latest: true } | { readonly at: number } | { readonly before: string };

const expected = "--to takes latest, a time such as 2026-11-27T14:05:00Z, before:RELEASE or before:last";

/**
 * Reads `--to`.
 * @throws CommandError for what is no moment, or lies in the future
 */
export function parseMoment(text: string | undefined, now: Date): WantedMoment {
  if (text === undefined) throw new CommandError(`Which moment? ${expected}.`, exitCode.usage);
  if (text === "latest") return { latest: true };
  const [, release] = /^before:(last|[0-9a-f][0-9a-f-]*)$/.exec(text) ?? [];
  // Points are listed with the newest first, and the empty name fits each.
  if (release !== undefined) return { before: release === "last" ? "" : release };
  // Without a zone it would be another moment on each machine.
  const zoned = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)$/.test(text);
  const at = Date.parse(text);
  if (!zoned || Number.isNaN(at))
    throw new CommandError(`"${text}" is no moment: ${expected}.`, exitCode.usage);
  if (at > now.getTime()) throw new CommandError(`${text} is in the future.`, exitCode.usage);
  const [, micros = ""] = /\.(\d{1,6})/.exec(text) ?? [];
  return { at: Math.floor(at / 1000) + Number(`0.${micros.padEnd(6, "0")}`) };
}

/** A release, and when it had taken the traffic, ISO 8601. */
interface Deployed {
  readonly release: string;
  readonly at: string;
}

/** The release that ran at a moment, of records with the newest first. */
export function releaseThen<T extends Deployed>(releases: readonly T[], at: number): T | undefined {
  return releases.find((release) => Date.parse(release.at) / 1000 <= at);
}
