import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const manifestSchema = z
  .looseObject({
    scripts: z.record(z.string(), z.unknown()).default({}).catch({}),
    workspaces: z.unknown().optional(),
  })
  .catch({ scripts: {} });

/** Keys of a manifest that say where packages come from. */
const origins = [
  "dependencies",
  "devDependencies",
  "optionalDependencies",
  "overrides",
  "resolutions",
  "pnpm",
] as const;

/** Scripts that package managers run while they install. */
const lifecycle = [
  ...["preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"],
  "pnpm:devPreinstall",
];

/** A package that is a part of the sources. */
const localOrigin = /^(?:file|link|portal|exec):|^\.{0,2}\/|^~\//;
/** In a lockfile: a package that has to be built from a repository, by its own scripts. */
const repositoryOrigin = /git\+|\bgit@|codeload\.github\.com|\.git#|\btype: git\b/;
/** In `.yarnrc` and `.yarnrc.yml`: files of the sources that an installation reads. */
const yarnSources = /offline-mirror|^\s*(?:-\s*)?(?:path|yarnPath):\s*(?!\s|["']?(?:\.\/)?\.yarn\/)/m;

/** What an application's manifests mean for the order of an image's steps. */
export interface Manifests {
  /** Installing needs the sources, or runs scripts of other packages that must not be left out. */
  readonly needsSources: boolean;
  /** The application, or a workspace, has scripts that run while packages are installed. */
  readonly ownScripts: boolean;
  /** There are packages in folders below. */
  readonly workspaces: boolean;
}

/**
 * Reads package.json of a folder and of all folders below it.
 * @param lockfile its text
 */
export function manifestsOf(folder: string, lockfile: string): Manifests {
  const files = globSync("**/package.json", {
    cwd: folder,
    exclude: (name) => /(?:^|\/)(?:node_modules|\.git)$/.test(name),
  });
  const manifests = files.flatMap((file) => manifest(join(folder, file)));
  const text = (name: string) =>
    existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8") : "";
  const specifiers = manifests.flatMap((one) => origins.flatMap((key) => textsIn(one[key])));
  return {
    needsSources:
      specifiers.some((specifier) => localOrigin.test(specifier)) ||
      repositoryOrigin.test(lockfile) ||
      yarnSources.test(text(".yarnrc")) ||
      yarnSources.test(text(".yarnrc.yml")) ||
      [".pnpmfile.cjs", ".pnpmfile.mjs", "binding.gyp"].some((name) => existsSync(join(folder, name))),
    ownScripts: manifests.some(({ scripts }) => lifecycle.some((name) => Object.hasOwn(scripts, name))),
    workspaces:
      existsSync(join(folder, "pnpm-workspace.yaml")) ||
      manifests.some(({ workspaces }) => workspaces !== undefined),
  };
}

/** None for one that is no JSON: such files are test data of somebody. */
function manifest(file: string): z.output<typeof manifestSchema>[] {
  try {
    return [manifestSchema.parse(JSON.parse(readFileSync(file, "utf8")))];
  } catch {
    return [];
  }
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
