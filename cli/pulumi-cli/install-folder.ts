import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { z } from "zod";
import { cacheFolder, isInside } from "../../system/cache-folder.ts";
import type { PulumiCli, PulumiCliSource } from "./pulumi-cli.ts";

/** Written last, before the folder gets its name, so a named folder is complete. */
export const stampFile = "pulumi-cli.json";

/** The same in folders that berth 0.1 made. */
export const formerStampFile = "engine.json";

const stamp = z.object({ version: z.string().min(1) });

/** Where things are in a Pulumi CLI's folder of the cache. */
export function layoutOf(folder: string): { pulumi: string; bin: string; home: string } {
  const bin = join(folder, "bin");
  return { bin, pulumi: join(bin, "pulumi"), home: join(folder, "home") };
}

/** Marks a folder as complete. */
export function stampInstall(folder: string, version: string): void {
  writeFileSync(join(folder, stampFile), `${JSON.stringify({ version })}\n`);
}

/**
 * The Pulumi CLI in a folder of the cache; undefined where the folder is not there or not complete.
 */
export function pulumiCliIn(
  folder: string,
  source: Exclude<PulumiCliSource, "path">,
  env: NodeJS.ProcessEnv,
): PulumiCli | undefined {
  const { pulumi } = layoutOf(folder);
  try {
    const { version } = stamp.parse(JSON.parse(readFileSync(join(folder, stampFile), "utf8")));
    return existsSync(pulumi) ? { pulumi, env: environmentOf(folder, env), source, version } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What makes a shell use the Pulumi CLI of a folder. Its plugins, workspaces and logs stay in that
 * folder, so that the user's own `~/.pulumi` is never written to; the user's login counts all the
 * same.
 */
export function environmentOf(folder: string, env: NodeJS.ProcessEnv): Record<string, string> {
  const { bin, home } = layoutOf(folder);
  const path = (env["PATH"] ?? "").split(delimiter).filter((entry) => entry !== "" && entry !== bin);
  const login = credentialsFolder(env);
  return {
    PATH: [bin, ...path].join(delimiter),
    PULUMI_HOME: home,
    ...(existsSync(join(login, "credentials.json")) ? { PULUMI_CREDENTIALS_PATH: login } : {}),
    ...quiet,
    // A plugin of another version that happens to be on PATH would be used in place of the
    // installed one.
    PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
  };
}

/** The Pulumi CLI's version is pinned, so notices about newer ones are not shown. */
export const quiet = { PULUMI_SKIP_UPDATE_CHECK: "true" };

/** The folder in which the user's own Pulumi keeps its login. */
export function credentialsFolder(env: NodeJS.ProcessEnv): string {
  const chosen = env["PULUMI_CREDENTIALS_PATH"];
  return chosen !== undefined && chosen !== "" ? chosen : pulumiHome(env);
}

/**
 * The user's own PULUMI_HOME; one of our Pulumi CLIs, put there by `berth env`, does not count.
 * Default: `~/.pulumi`.
 */
export function pulumiHome(env: NodeJS.ProcessEnv): string {
  const home = env["PULUMI_HOME"];
  const own = home !== undefined && home !== "" && !isInside(home, cacheFolder(env));
  return own ? home : join(homedir(), ".pulumi");
}
