import { z } from "zod";
import { wholeNumber } from "./fields.ts";
import { registryPart, type registryFields } from "./registry.ts";
import { strategies, type ReleaseShape } from "./shape.ts";

/** `name:<12 hexadecimal digits>`, as berth tags what it builds, or `name@sha256:<digest>`: a tag alone can move. */
export const imagePattern = /^[\w][\w./:-]*(?::[0-9a-f]{12}|@sha256:[0-9a-f]{64})$/;

const rotationField = (what: string) =>
  z
    .string()
    .min(1, "a text, best a date")
    .optional()
    .describe(
      `${what} is made anew whenever this text changes; a date, best. \`npx berth rotate\` sets it to the present time.`,
    );

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
      "Application image to run, in place of one built from `app/`: a kept release's (`npx berth rollback` sets it), another stack's (`npx berth promote`), or one of a registry by its digest, `name@sha256:…`.",
    ),
  keepReleases: wholeNumber(2, 100)
    .default(5)
    .describe("Releases whose images stay on the host, to go back to."),
  databaseRotation: rotationField("The application's database password"),
  sessionRotation: rotationField("The key that signs sessions and tokens"),
  keyOverlap: wholeNumber(0, 8760)
    .default(336)
    .describe("Hours that a rotated session key goes on verifying; the longest session lasts 336."),
};

/** Settings of releases where there are replicas behind a proxy. */
export const trafficFields = {
  cacheRotation: rotationField("The password of Redis"),
  strategy: z
    .enum(strategies, strategies.join(" or "))
    .default("blue-green")
    .describe(
      "How replicas are replaced: `blue-green` starts all new ones beside the old ones, which takes the memory of two releases; `rolling` replaces one at a time in its place.",
    ),
  bakeTime: wholeNumber(0, 3600)
    .default(10)
    .describe(
      "Seconds that a release is watched after it got the traffic; one that turns unhealthy gives it back by itself. Under `strategy: rolling`, each replica by itself: one that turns unhealthy ends the release.",
    ),
  canary: wholeNumber(1, 50)
    .optional()
    .describe(
      "Share of requests, in per cent, that one replica of the image built from `app/` gets, while `appImage` serves the others.",
    ),
};

type Values = z.output<z.ZodObject<typeof releaseFields>> &
  Partial<z.output<z.ZodObject<typeof trafficFields & typeof registryFields>>>;

/** What the settings say of releases. */
export function releasePart(values: Values): ReleaseShape {
  const { appImage, canary } = values;
  return {
    strategy: values.strategy ?? "blue-green",
    keep: values.keepReleases,
    bakeTime: values.bakeTime ?? 0,
    keyOverlap: values.keyOverlap,
    rotation: {
      database: values.databaseRotation ?? "",
      session: values.sessionRotation ?? "",
      cache: values.cacheRotation ?? "",
    },
    ...(appImage === undefined ? {} : { image: appImage }),
    ...registryPart(values),
    ...(canary === undefined ? {} : { canary }),
  };
}

/** What is wrong with the settings of releases taken together. */
export function releaseProblems(
  stack: string,
  values: Values & { readonly replicas: number; readonly domain?: readonly string[] | undefined },
): string[] {
  const problems: string[] = [];
  if (values.canary !== undefined && values.appImage === undefined) {
    problems.push(
      `canary: needs appImage, the image that serves all other requests. Fix: npx berth canary ${values.canary} --stack ${stack}`,
    );
  }
  if (values.strategy !== "rolling") return problems;
  const fix = (change: string) => `Fix: pulumi config ${change} --stack ${stack}`;
  if (values.canary !== undefined) {
    problems.push(
      `strategy: rolling replaces replicas in their place, and a canary runs beside them. ${fix("set strategy blue-green")}, or take the canary away: npx berth canary abort --stack ${stack}`,
    );
  }
  if (values.replicas < 2) {
    problems.push(
      `strategy: rolling needs a second replica, which serves while the first is replaced. ${fix("set replicas 2")}`,
    );
  }
  if (values.domain === undefined) {
    problems.push(
      `strategy: rolling needs Nginx in front, which a domain brings. ${fix("set domain example.org")}`,
    );
  }
  return problems;
}
