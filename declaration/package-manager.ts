import { readFileSync } from "node:fs";
import { join } from "node:path";
import { lockfileOf, lockfiles, readPackage } from "./package.ts";

/** How an image gets an application's packages. */
export interface PackageManager {
  /** Installs what the lockfile says, and fails if that is not what package.json wants. */
  readonly install: string;
  /** Takes away what only development needs; undefined if it cannot. */
  readonly prune: string | undefined;
  /** Runs a script of package.json, whose name follows. */
  readonly run: string;
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
  if (name === "npm") return npm;
  return name === "pnpm" ? pnpm(version ?? pnpmOf(text)) : yarn(version ?? yarnOf(text));
}

/** The image's own. */
const npm: PackageManager = {
  install: "npm ci --no-audit --no-fund --no-update-notifier",
  prune: "npm prune --omit=dev --no-audit --no-fund",
  run: "npm run",
};

/** Versions of pnpm by their lockfile's: https://github.com/pnpm/spec/tree/master/lockfile */
function pnpmOf(lockfile: string): string {
  const major = /^lockfileVersion: '?(\d+)/m.exec(lockfile)?.[1];
  return { "5": "7", "6": "8" }[major ?? ""] ?? "10";
}

function pnpm(version: string): PackageManager {
  const command = `npx --yes pnpm@${version}`;
  return {
    install: `${command} install --frozen-lockfile`,
    prune: `${command} prune --prod`,
    run: `${command} run`,
  };
}

/** Since version 2, the lockfile begins with its own version. */
function yarnOf(lockfile: string): string {
  const format = /^__metadata:\n {2}version: (\d+)/m.exec(lockfile)?.[1];
  if (format === undefined) return "1";
  return Number(format) < 8 ? "3" : "4";
}

function yarn(version: string): PackageManager {
  if (Number.parseInt(version) === 1) {
    const command = `npx --yes yarn@${version}`;
    const install = `${command} install --frozen-lockfile --non-interactive`;
    return {
      install,
      prune: `${install} --production --ignore-scripts --prefer-offline`,
      run: `${command} run`,
    };
  }
  // Of npm's versions, `yarn` is the first one for ever. Node finds packages in node_modules alone,
  // and yarn's other ways need a loader.
  const command = `YARN_NODE_LINKER=node-modules YARN_ENABLE_TELEMETRY=0 npx --yes @yarnpkg/cli-dist@${version}`;
  return {
    install: `${command} install --immutable`,
    // A plugin before version 4.
    prune: Number.parseInt(version) < 4 ? undefined : `${command} workspaces focus --all --production`,
    run: `${command} run`,
  };
}
