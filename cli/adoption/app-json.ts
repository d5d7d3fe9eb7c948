import { z } from "zod";
import { textOf } from "./sources.ts";

/** What Dokku's and Heroku's app.json says of an application. */
export interface AppJson {
  /** Variables, with their values if they have some. */
  readonly env: ReadonlyMap<string, string | undefined>;
  /** Path of the check that decides whether it gets requests. */
  readonly health: string | undefined;
  /** What runs before a release. */
  readonly release: string | undefined;
}

const schema = z.looseObject({
  env: z
    .record(z.string(), z.union([z.string(), z.looseObject({ value: z.string().optional() })]))
    .default({})
    .catch({}),
  healthchecks: z
    .looseObject({ web: z.array(z.looseObject({ type: z.string(), path: z.string().optional() })) })
    .optional()
    .catch(undefined),
  scripts: z
    .looseObject({ dokku: z.looseObject({ predeploy: z.string().optional() }).optional() })
    .optional()
    .catch(undefined),
});

/**
 * Reads the app.json of a folder.
 * https://dokku.com/docs/appendices/file-formats/app-json/
 */
export function readAppJson(home: string): AppJson {
  const text = textOf(home, "app.json");
  const { env, healthchecks, scripts } = schema.parse(text === "" ? {} : JSON.parse(text));
  const checks = healthchecks?.web.filter(({ path }) => path !== undefined) ?? [];
  return {
    env: new Map(
      Object.entries(env).map(([name, given]) => [name, typeof given === "string" ? given : given.value]),
    ),
    health: (checks.find(({ type }) => type === "readiness" || type === "startup") ?? checks[0])?.path,
    release: scripts?.dokku?.predeploy,
  };
}
