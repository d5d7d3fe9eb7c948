import { diff } from "node:util";
import { bundledFiles } from "../../infra/rendering/file-bundle.ts";
import { isKnown, type Plan } from "./preview-steps.ts";

/** Lines around a difference. */
const around = 2;

/** How one rendered file would change. */
export interface FileDifference {
  readonly path: string;
  /** Lines that begin with `-`, `+` or a space, as `diff` prints them, `@@` between two places. */
  readonly lines: readonly string[];
}

/** Names and addresses of containers, which every release has of its own. */
const ofEveryRelease = new Set(["upstream.conf", "upstreams"]);

/** Differences of the files that Nginx reads, as far as they are known before the update. */
export function fileDifferences({ changes }: Plan): FileDifference[] {
  const change = changes.find(({ resource }) => resource === "traffic-switch");
  const [old, wanted] = [change?.before["stdin"], change?.after["stdin"]];
  if (typeof old !== "string" || typeof wanted !== "string" || !isKnown(wanted)) return [];
  const [before, after] = [bundledFiles(old), bundledFiles(wanted)];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .sort()
    .filter((path) => !ofEveryRelease.has(path) && before[path] !== after[path])
    .map((path) => ({ path, lines: differentLines(before[path] ?? "", after[path] ?? "") }));
}

function differentLines(before: string, after: string): string[] {
  const lines = (text: string) => (text === "" ? [] : text.replace(/\n$/, "").split("\n"));
  const marks = { "-1": "+", "0": " ", "1": "-" } as const;
  const all = diff(lines(before), lines(after)).map(([kind, line]) => `${marks[kind]}${line}`);
  const near = all.map((_, index) =>
    all.slice(Math.max(0, index - around), index + around + 1).some((line) => !line.startsWith(" ")),
  );
  return all.flatMap((line, index) => {
    if (near[index] !== true) return [];
    return index > 0 && near[index - 1] !== true ? ["@@", line] : [line];
  });
}
