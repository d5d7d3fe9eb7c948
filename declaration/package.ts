import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const packageSchema = z.looseObject({
  main: z.string().optional().catch(undefined),
  packageManager: z.string().optional().catch(undefined),
  scripts: z.record(z.string(), z.string()).default({}).catch({}),
  dependencies: z.record(z.string(), z.string()).default({}).catch({}),
  devDependencies: z.record(z.string(), z.string()).default({}).catch({}),
  engines: z.record(z.string(), z.string()).default({}).catch({}),
  berth: z.unknown().optional(),
});

/** What is read of package.json. */
export type Package = z.output<typeof packageSchema>;

/** Package managers by their lockfiles. */
export const lockfiles = {
  "package-lock.json": "npm",
  "npm-shrinkwrap.json": "npm",
  "pnpm-lock.yaml": "pnpm",
  "yarn.lock": "yarn",
} as const;

/** The lockfile of a folder. */
export function lockfileOf(folder: string): keyof typeof lockfiles | undefined {
  return (Object.keys(lockfiles) as (keyof typeof lockfiles)[]).find((name) =>
    existsSync(join(folder, name)),
  );
}

/**
 * package.json of a folder; an empty one if there is none.
 * @throws SyntaxError if it is no JSON
 */
export function readPackage(folder: string): Package {
  const file = join(folder, "package.json");
  return packageSchema.parse(existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {});
}
