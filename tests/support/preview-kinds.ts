import type { Effect } from "../../cli/preview/effects.ts";

/**
 * Kinds of change whose report is recorded (`tests/unit/golden/preview/`), and what each means for
 * requests. Drill `preview-effects` makes all but the refused one on a stack that is in use, and
 * holds each against what happens.
 */
export const promisedEffects = {
  "an-Nginx-setting": "reload",
  "another-domain": "rolling",
  "backups-switched-off": "nothing",
  "cache-switched-off": "rolling",
  "code-of-app": "rolling",
  "database-rotation": "rolling",
  "memory-of-Postgres-that-waits": "nothing",
  "memory-of-the-application": "nothing",
  "more-replicas": "rolling",
  "ports-of-the-proxy": "restart",
  "Postgres-restart-that-was-agreed-to": "restart",
  "session-rotation": "rolling",
  "settings-that-are-refused": "nothing",
} as const satisfies Readonly<Record<string, Effect>>;

export type ChangeKind = keyof typeof promisedEffects;
