import type { Promised } from "./promise.ts";

/** Words of a log that say what a container may not do, and what allows it. */
const complaints: readonly (readonly [RegExp, (found: RegExpMatchArray) => string])[] = [
  [
    /(?:EROFS|EACCES)[^\n]*?'(\/[^'\n]*)'/g,
    ([, path = ""]) =>
      `writes ${path}: name its folder in uploads if it has to stay, else in writable, in berth.json`,
  ],
  [
    /ENOSPC[^\n]*?'(\/tmp[^'\n]*)'/g,
    ([, path = ""]) => `fills /tmp with ${path}: a larger tmp, in berth.json`,
  ],
  [
    /permission denied for schema \w+|must be owner of (?:table|relation) \w+/g,
    ([said]) =>
      `makes tables while it runs (${said}): do it in a migration, or pulumi config set databaseRights owner`,
  ],
  [
    /JavaScript heap out of memory/g,
    () => "runs out of memory: pulumi config set appMemory MIB, more than 512",
  ],
];

/**
 * What the application wanted and was not allowed, by its log.
 * @param log of all its replicas
 */
export function allowed(log: string): Promised {
  const promise = "needs nothing that it may not have";
  const found = new Set(
    complaints.flatMap(([pattern, fix]) => [...log.matchAll(pattern)].map((match) => fix(match))),
  );
  if (found.size === 0) return { promise, holds: true, seen: "its log has no refusal" };
  return { promise, holds: false, seen: `its log has ${found.size} refusals`, fix: [...found].join("; ") };
}
