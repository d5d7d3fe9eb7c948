import { existsSync, mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { capture } from "../../system/run.ts";
import { cacheFolder, isInside } from "../../system/cache-folder.ts";
import { NoPulumiCli, type PulumiCli, type PulumiCliCircumstances } from "./pulumi-cli.ts";
import { pulumiHome, quiet } from "./install-folder.ts";
import { findOnPath } from "./find-on-path.ts";
import { installPlugins } from "./install-plugins.ts";
import { atLeast, type PinnedVersions, type PluginVersion } from "./pinned-versions.ts";
import { silenceOf } from "./vendor-site.ts";

/** A CLI that did not turn out to be usable is looked at again after this time. */
const rememberedMs = 24 * 3600 * 1000;
const versionTimeoutMs = 20_000;

/** What was found out about one CLI; `problem` is empty if it is usable. */
const verdict = z.object({ key: z.string(), version: z.string(), problem: z.string(), at: z.number() });

type Verdict = z.infer<typeof verdict>;

/**
 * The `pulumi` on PATH, if it can run the stacks: new enough, with its language host, and with the
 * plugins there or to be had. The result is remembered until that CLI changes, so the check costs
 * nothing.
 * @throws NoPulumiCli
 */
export async function pathPulumiCli(
  versions: PinnedVersions,
  at: PulumiCliCircumstances,
): Promise<PulumiCli> {
  const { env } = at;
  const cache = cacheFolder(env);
  const pulumi = findOnPath("pulumi", env, (file) => !isInside(file, cache));
  if (pulumi === undefined) throw new NoPulumiCli("no pulumi on PATH");
  const home = pulumiHome(env);
  const missing = versions.plugins.filter((plugin) => !isInstalled(plugin, home));
  const key = keyOf(pulumi, home, versions);
  const known = recall(cache, key);
  if (known !== undefined) {
    if (known.problem !== "") throw new NoPulumiCli(known.problem);
    if (missing.length === 0) return pulumiCliAt(pulumi, home, known.version);
  }
  return examine(pulumi, home, missing, versions, at, (version, problem) => {
    remember(cache, { key, version, problem, at: Date.now() });
  });
}

async function examine(
  pulumi: string,
  home: string,
  missing: readonly PluginVersion[],
  versions: PinnedVersions,
  at: PulumiCliCircumstances,
  conclude: (version: string, problem: string) => void,
): Promise<PulumiCli> {
  const env = { ...at.env, PULUMI_HOME: home, ...quiet };
  const asked = await capture({ command: pulumi, args: ["version"] }, { env, timeout: versionTimeoutMs });
  const version = asked.stdout.trim().replace(/^v/, "");
  const unfit = problemOf(pulumi, asked.code === 0 ? version : "", versions, at.env);
  if (unfit !== undefined) {
    conclude(version, unfit);
    throw new NoPulumiCli(unfit);
  }
  if (missing.length > 0) {
    try {
      await fetchPlugins(pulumi, missing, versions.pulumi, env, at);
    } catch (error) {
      if (error instanceof NoPulumiCli) conclude(version, error.message);
      throw error;
    }
  }
  conclude(version, "");
  return pulumiCliAt(pulumi, home, version);
}

/**
 * The CLI fetches its plugins itself, and tries for minutes if its vendor's site cannot be reached.
 */
async function fetchPlugins(
  pulumi: string,
  missing: readonly PluginVersion[],
  wanted: string,
  env: NodeJS.ProcessEnv,
  at: PulumiCliCircumstances,
): Promise<void> {
  at.reporter.line(`${pulumi} lacks ${missing.map(({ name }) => name).join(", ")}: asking the vendor's site`);
  const silence = await silenceOf(at, wanted);
  if (silence !== undefined) throw new NoPulumiCli(`${pulumi} lacks plugins, and ${silence}`);
  await installPlugins(pulumi, missing, env, at);
}

function problemOf(
  pulumi: string,
  version: string,
  versions: PinnedVersions,
  env: NodeJS.ProcessEnv,
): string | undefined {
  if (!/^\d+\.\d+\.\d+/.test(version)) return `${pulumi} does not tell its version`;
  if (!atLeast(version, versions.pulumi)) {
    return `${pulumi} is version ${version}, older than ${versions.pulumi}, which the program's SDK is made for`;
  }
  const host = "pulumi-language-nodejs";
  const beside = existsSync(join(dirname(realpathSync(pulumi)), host));
  if (!beside && findOnPath(host, env) === undefined) return `${pulumi} has no ${host} beside it or on PATH`;
  return undefined;
}

function pulumiCliAt(pulumi: string, home: string, version: string): PulumiCli {
  return { pulumi, env: { PULUMI_HOME: home, ...quiet }, source: "path", version };
}

/** Pulumi marks a plugin that is being unpacked with a file of its own. */
function isInstalled({ name, version }: PluginVersion, home: string): boolean {
  const folder = join(home, "plugins", `resource-${name}-v${version}`);
  return existsSync(folder) && !existsSync(`${folder}.partial`);
}

/** Changes with the executable, the home of its plugins and the versions wanted. */
function keyOf(pulumi: string, home: string, versions: PinnedVersions): string {
  const file = realpathSync(pulumi);
  const { mtimeMs, size } = statSync(file);
  const wanted = versions.plugins.map(({ name, version }) => `${name}@${version}`).join(",");
  return [file, size, mtimeMs, home, versions.pulumi, wanted].join("|");
}

function recall(cache: string, key: string): Verdict | undefined {
  try {
    const found = verdict.parse(JSON.parse(readFileSync(verdictFile(cache), "utf8")));
    const fresh = found.problem === "" || Date.now() - found.at < rememberedMs;
    return found.key === key && fresh ? found : undefined;
  } catch {
    return undefined;
  }
}

function remember(cache: string, found: Verdict): void {
  mkdirSync(cache, { recursive: true });
  writeFileSync(verdictFile(cache), `${JSON.stringify(found)}\n`);
}

function verdictFile(cache: string): string {
  return join(cache, "pulumi-on-path.json");
}
