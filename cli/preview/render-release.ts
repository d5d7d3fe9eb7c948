import { whoWaits } from "../../infra/migrations/lock-modes.ts";
import type { PendingMigration } from "../../infra/migrations/pending-migrations.ts";
import type { LockingStatement } from "../../infra/migrations/statement-locks.ts";
import type { ImageDifference } from "./image-difference.ts";
import { cell, details, markdownTable } from "./markdown.ts";

/** The migrations that a release brings, and who waits for them. */
export function migrationSection(migrations: readonly PendingMigration[]): string[] {
  if (migrations.length === 0) return [];
  const reasons = migrations.flatMap(({ name, override }) =>
    override === undefined
      ? []
      : [`\`${name}\` does what releases before it do not survive: ${cell(override)}`],
  );
  return [
    markdownTable(["migration", "statement", "locks until it ends", "who waits"], migrations.flatMap(rowsOf)),
    ...reasons,
  ];
}

function rowsOf({ name, statements, unread }: PendingMigration): string[][] {
  if (unread !== undefined) return [[name, `not known: ${unread}`, "", ""]];
  if (statements.length === 0) return [[name, "nothing that is in use", "", "nobody"]];
  return statements.map(({ locks, long, statement }, index) => [
    index === 0 ? name : "",
    statement,
    locks.map(({ mode, table }) => `${mode} on ${table}`).join("; "),
    waits(locks, long),
  ]);
}

function waits(locks: LockingStatement["locks"], long: boolean): string {
  const who = [...new Set(locks.map(({ mode }) => whoWaits[mode]))].join("; ");
  // What builds beside everybody takes its time, and costs nobody any.
  if (locks.every(({ mode }) => mode === "SHARE UPDATE EXCLUSIVE")) return who;
  return `${who}, for ${long ? "longer than a moment" : "a moment"}`;
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);

/** How the image's size changes, in a line. */
export function imageLine({ after, before, packages }: ImageDifference, stack: string): string {
  const size =
    after === undefined
      ? `${megabytes(before.bytes)} MB now; the next one's size is known once it is built: \`npx berth build --stack ${stack}\``
      : `${megabytes(before.bytes)} → ${megabytes(after.bytes)} MB`;
  const count = packages.length === 1 ? "1 package differs" : `${packages.length} packages differ`;
  return `Image: ${size}; ${count}${after === undefined ? " in npm's lockfile" : ""}.`;
}

/** The packages that differ, as a section that can be left out. */
export function packageSection({ packages }: ImageDifference): string[] {
  if (packages.length === 0) return [];
  const rows = packages.map(({ after, before, name, of }) => [`${name} (${of})`, before, after]);
  return [details("Packages of the image", markdownTable(["package", "before", "after"], rows))];
}
