import { readFileSync } from "node:fs";
import { join } from "node:path";
import { manifestsOf, type Manifests } from "./manifests.ts";
import { lockfileOf, lockfiles, readPackage } from "./package.ts";

/** How an image gets an application's packages; each is a command. */
export interface PackageManager {
  /** Puts the manager itself into the image; undefined for the image's own. */
  readonly provide: string | undefined;
  /**
   * Gets what the lockfile says and runs no script, which needs manifests alone; undefined if more
   * is needed. It fails if the lockfile is not what package.json wants.
   */
  readonly fetch: string | undefined;
  /** Completes the installation beside the sources, with scripts; undefined if nothing is open. */
  readonly install: string | undefined;
  /** Takes away what only development needs; undefined if it cannot. */
  readonly prune: string | undefined;
  /** Runs a script of package.json, whose name follows. */
  readonly run: string;
  readonly manifests: Manifests;
}

/** The manager, and the first version number that `packageManager` of package.json may have. */
const pinned = /^(npm|pnpm|yarn)@(\d+(?:\.\d+)*(?:-[\w.]+)?)/;

/**
 * The package manager of a folder, in the version that wrote its lockfile: each of them refuses
 * those of another age.
 * @param folder with package.json
 * @returns undefined if there is no lockfile
 */
export function packageManagerOf(folder: string): PackageManager | undefined {
  const lockfile = lockfileOf(folder);
  if (lockfile === undefined) return undefined;
  const name = lockfiles[lockfile];
  const text = readFileSync(join(folder, lockfile), "utf8");
  const [, wanted, exact] = pinned.exec(readPackage(folder).packageManager ?? "") ?? [];
  const version = wanted === name ? exact : undefined;
  const manifests = manifestsOf(folder, text);
  const commands =
    name === "npm"
      ? npm(text, manifests)
      : name === "pnpm"
        ? pnpm(version ?? pnpmOf(text))
        : yarn(version ?? yarnOf(text));
  return { ...commands, ...(manifests.needsSources ? { fetch: undefined } : {}), manifests };
}

type Commands = Omit<PackageManager, "manifests">;

/** The image's own. */
function npm(lockfile: string, { needsSources, ownScripts, workspaces }: Manifests): Commands {
  const options = "--no-audit --no-fund --no-update-notifier";
  // Version 1 of the lockfile does not say whose scripts there are.
  const scripts = ownScripts || /"hasInstallScript": true|"lockfileVersion": 1\b/.test(lockfile);
  return {
    provide: undefined,
    fetch: `npm ci --ignore-scripts ${options}`,
    // Not `npm rebuild`, which fails with a script of an optional package, as `npm ci` does not.
    install: needsSources || scripts || workspaces ? `npm ci --prefer-offline ${options}` : undefined,
    prune: "npm prune --omit=dev --no-audit --no-fund",
    run: "npm run",
  };
}

/** Versions of pnpm by their lockfile's: https://github.com/pnpm/spec/tree/master/lockfile */
function pnpmOf(lockfile: string): string {
  const major = /^lockfileVersion: '?(\d+)/m.exec(lockfile)?.[1];
  return { "5": "7", "6": "8" }[major ?? ""] ?? "10";
}

function pnpm(version: string): Commands {
  return {
    provide: `npm install --global pnpm@${version}`,
    fetch: "pnpm fetch",
    install: "CI=true pnpm install --frozen-lockfile --prefer-offline",
    prune: "CI=true pnpm prune --prod",
    run: "pnpm run",
  };
}

/** Since version 2, the lockfile begins with its own version. */
function yarnOf(lockfile: string): string {
  const format = /^__metadata:\n {2}version: (\d+)/m.exec(lockfile)?.[1];
  if (format === undefined) return "1";
  return Number(format) < 8 ? "3" : "4";
}

function yarn(version: string): Commands {
  if (Number.parseInt(version) === 1) {
    const install = "yarn install --frozen-lockfile --non-interactive";
    return {
      provide: `npm install --global yarn@${version}`,
      // Its cache is what stays: beside packages that are there already, it would run no script.
      fetch: `${install} --ignore-scripts && find . -name node_modules -prune -exec rm -rf '{}' +`,
      install: `${install} --prefer-offline`,
      prune: `${install} --production --ignore-scripts --prefer-offline`,
      run: "yarn run",
    };
  }
  // Node finds packages in node_modules alone, and yarn's other ways need a loader.
  const command = "YARN_NODE_LINKER=node-modules YARN_ENABLE_TELEMETRY=0 yarn";
  return {
    // Of npm's versions, `yarn` is the first one for ever.
    provide: `npm install --global @yarnpkg/cli-dist@${version}`,
    fetch: `${command} install --immutable --mode=skip-build`,
    install: `${command} install --immutable`,
    // A plugin before version 4.
    prune: Number.parseInt(version) < 4 ? undefined : `${command} workspaces focus --all --production`,
    run: `${command} run`,
  };
}
