import type { Declaration } from "../../declaration/read-declaration.ts";
import { whoWaits } from "../../infra/migrations/lock-modes.ts";
import { pendingMigrations, type PendingMigration } from "../../infra/migrations/pending-migrations.ts";
import { describeImage, recordsOn } from "../../releases/read-records.ts";
import { isOf } from "../../releases/record.ts";
import type { Docker } from "../../system/docker.ts";
import { imageDifference, nextImage, type ImageDifference } from "./image-difference.ts";
import type { Plan } from "./preview-steps.ts";

/** What a preview knows of the next release beside Pulumi's plan. */
export interface ReleaseFacts {
  /** Migrations that the schema does not have yet; none of a stack without a release. */
  readonly migrations: readonly PendingMigration[];
  /** Undefined if the image stays, or is not known before the update. */
  readonly image: ImageDifference | undefined;
}

export const noFacts: ReleaseFacts = { migrations: [], image: undefined };

/** What the facts are asked about. */
export interface NextRelease {
  readonly stack: string;
  readonly declaration: Declaration;
  /** The settings name the image; the sources are not built. */
  readonly pinned: boolean;
}

/** Looks at the engine and the sources; changes neither. */
export async function releaseFacts(
  docker: Docker,
  plan: Plan,
  { declaration, pinned, stack }: NextRelease,
): Promise<ReleaseFacts> {
  const records = (await recordsOn(docker)).filter((one) => isOf({ project: docker.project, stack }, one));
  const [present] = records;
  if (present === undefined) return noFacts;
  const next = nextImage(plan);
  const applied = new Set(records.flatMap(({ migrations }) => migrations ?? []));
  const pending = present.migrations === null ? [] : await pendingMigrations(declaration, applied);
  return {
    migrations: pinned ? await ofImage(docker, next, pending, applied) : pending,
    image: next === undefined ? undefined : await imageDifference(docker, present, next, declaration.folder),
  };
}

/** Those among pending migrations that an image has; others it has are known by name only. */
async function ofImage(
  docker: Docker,
  image: string | undefined,
  pending: readonly PendingMigration[],
  applied: ReadonlySet<string>,
): Promise<PendingMigration[]> {
  const described = image && (await describeImage(docker, image).catch(() => undefined));
  if (!described) return [];
  return (described.migrations ?? [])
    .filter((name) => !applied.has(name))
    .map(
      (name) =>
        pending.find((one) => one.name === name) ?? {
          name,
          statements: [],
          unread: "this checkout does not have it",
        },
    );
}

/** Warnings of a report: locks that people wait for longer than a moment. */
export function longLocks({ migrations }: ReleaseFacts): Plan["notes"] {
  return migrations.flatMap(({ name, statements }) =>
    statements
      .filter(({ long }) => long)
      .flatMap(({ locks, statement }) =>
        locks
          .filter(({ mode }) => mode !== "ROW EXCLUSIVE" && mode !== "SHARE UPDATE EXCLUSIVE")
          .map(({ mode, table }) => ({
            severity: "warning" as const,
            text: `Migration ${name} (${statement}) holds ${table} for longer than a moment: ${whoWaits[mode]} wait.`,
          })),
      ),
  );
}
