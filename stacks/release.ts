import { z } from "zod";
import type { AppConfig } from "./app.ts";
import type { EdgeConfig } from "./edge.ts";
import { pastMoment, wholeNumber, type Fix, type Values } from "./field.ts";

/**
 * `name:<12 hexadecimal digits>`, as berth tags what it builds, or `name@sha256:<digest>`: a tag
 * alone can move.
 */
export const imagePattern = /^[\w][\w./:-]*(?::[0-9a-f]{12}|@sha256:[0-9a-f]{64})$/;

/** A text; each change of it replaces the secret. */
export const rotationField = (what: string) =>
  z
    .string()
    .min(1, "a text, best a date")
    .optional()
    .describe(
      `${what} is replaced whenever this text changes; use a date. \`npx berth rotate\` sets it to the present time.`,
    )
    .meta({ example: "2026-11-27" });

/** When somebody agreed to a restart of a part. */
export const upgradeField = (what: string) =>
  pastMoment
    .optional()
    .describe(
      `Restarts ${what} once, with all changes that wait for that: an update restarts it only if this time is later than that of the running container. \`npx berth upgrade\` sets it to the present time.`,
    )
    .meta({ example: "2026-11-27", values: "date or time" });

/** Settings of releases that every stack has. */
export const releaseFields = {
  appImage: z
    .string()
    .regex(
      imagePattern,
      "a kept image, such as berth/app-prod:0a1b2c3d4e5f, or one by its digest, name@sha256:…",
    )
    .optional()
    .describe(
      "Application image to run instead of one built from `app/`: a kept release's (`npx berth rollback` sets it), another stack's (`npx berth promote`), or one of a registry by its digest, `name@sha256:…`.",
    )
    .meta({ example: "berth/app-prod:0a1b2c3d4e5f" }),
  keepReleases: wholeNumber(2, 100)
    .default(5)
    .describe("Number of releases whose images stay on the host for a rollback."),
  databaseRotation: rotationField("The application's database password"),
  sessionRotation: rotationField("The key that signs sessions and tokens"),
  keyOverlap: wholeNumber(0, 8760, "hours")
    .default(336)
    .describe("Hours that a rotated session key still verifies; the longest session lasts 336."),
};

const strategies = ["blue-green", "rolling"] as const;

/** Settings of releases if there are replicas behind a proxy. */
export const trafficFields = {
  strategy: z
    .enum(strategies, strategies.join(" or "))
    .default("blue-green")
    .describe(
      "How replicas are replaced: `blue-green` starts all new ones beside the old ones, which needs the memory of two releases; `rolling` replaces one at a time.",
    ),
  bakeTime: wholeNumber(0, 3600, "s")
    .default(10)
    .describe(
      "Seconds that a release is watched after it got the traffic; if it turns unhealthy, the traffic switches back. Under `strategy: rolling`, each replica is watched; one that turns unhealthy ends the release.",
    ),
  canary: wholeNumber(0, 50, "%")
    .optional()
    .describe(
      "Share of visitors, in per cent, that meet one replica of the image built from `app/`, while `appImage` serves the others; a cookie keeps what a browser met.",
    )
    .meta({ example: "10" }),
  canaryHeader: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, "a header's name, such as X-Canary")
    .optional()
    .describe(
      "Request header with which a client chooses its release, whatever its share: `canary` or `stable`.",
    )
    .meta({ example: "X-Canary" }),
};

/** How releases are made, kept and left again. */
export type ReleaseConfig = Values<typeof releaseFields & typeof trafficFields>;

/** Releases of a stack whose application is reached without a proxy. */
export const withoutTraffic = {
  strategy: "blue-green",
  bakeTime: 0,
  canary: undefined,
  canaryHeader: undefined,
} as const;

/** The settings that releases depend on. */
interface Released {
  readonly stack: string;
  readonly app: AppConfig;
  readonly edge: EdgeConfig | undefined;
  readonly release: ReleaseConfig;
}

/** What is wrong with the settings of releases taken together. */
export function releaseProblems({ app, edge, release, stack }: Released, fix: Fix): string[] {
  const { appImage, canary, canaryHeader, strategy } = release;
  const problems: string[] = [];
  if (canary !== undefined && appImage === undefined) {
    problems.push(
      `canary: needs appImage, the image that serves all other requests. Fix: npx berth canary ${canary} --stack ${stack}`,
    );
  }
  if (canary === 0 && canaryHeader === undefined) {
    problems.push(
      `canary: 0 % of the visitors never meet it; only a header can choose it then. Fix: ${fix("set canaryHeader X-Canary")}`,
    );
  }
  if (strategy !== "rolling") return problems;
  if (canary !== undefined) {
    problems.push(
      `strategy: rolling replaces replicas in their place, and a canary runs beside them. Fix: ${fix("set strategy blue-green")}, or take the canary away: npx berth canary abort --stack ${stack}`,
    );
  }
  if (app.replicas < 2) {
    problems.push(
      `strategy: rolling needs a second replica, which serves while the first is replaced. Fix: ${fix("set replicas 2")}`,
    );
  }
  if (edge === undefined) {
    problems.push(
      `strategy: rolling needs Nginx in front, which a domain brings. Fix: ${fix("set domain example.org")}`,
    );
  }
  return problems;
}
