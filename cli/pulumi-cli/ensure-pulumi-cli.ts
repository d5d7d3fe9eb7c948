import { CommandError, exitCode } from "../../system/exit-code.ts";
import { dirname } from "node:path";
import { checkout } from "../checkout.ts";
import { buildEngine, cachedBuiltEngine } from "./built-cli.ts";
import {
  NoEngine,
  type Engine,
  type EngineCircumstances,
  type EngineOptions,
  type EngineSource,
} from "./pulumi-cli.ts";
import { noteUse } from "./upkeep.ts";
import { pathEngine } from "./path-cli.ts";
import { pinnedVersions } from "./pinned-versions.ts";
import { cachedVendorEngine, downloadEngine } from "./vendor-cli.ts";
import { ANSWER_TIME, VENDOR } from "./vendor-site.ts";

const sources: readonly EngineSource[] = ["path", "download", "built"];

/**
 * Finds a Pulumi engine that can run the stacks, or gets one: a usable `pulumi` on PATH, else what the cache holds,
 * else the vendor's download, else a build from Go modules. Set up once, it takes a few milliseconds.
 *
 * `BERTH_ENGINE=path|download|built` allows one way only; `BERTH_CACHE` moves the cache.
 * @throws CommandError with what to do, where no way leads to an engine
 */
export async function ensureEngine(options: EngineOptions): Promise<Engine> {
  const engine = await findEngine(options);
  if (engine.source !== "path") noteUse(dirname(dirname(engine.pulumi)));
  return engine;
}

async function findEngine(options: EngineOptions): Promise<Engine> {
  const at: EngineCircumstances = {
    env: process.env,
    root: checkout.root,
    vendor: VENDOR,
    answerTime: ANSWER_TIME,
    ...options,
  };
  const versions = pinnedVersions(at.root);
  const ways: Record<EngineSource, () => Promise<Engine>> = {
    path: () => pathEngine(versions, at),
    download: async () => cachedVendorEngine(versions, at.env) ?? (await downloadEngine(versions, at)),
    built: async () => cachedBuiltEngine(at) ?? (await buildEngine(versions, at)),
  };
  const forced = forcedSource(at.env);
  if (forced !== undefined) {
    return attempt(ways[forced], (reason) => {
      throw new CommandError(
        `BERTH_ENGINE=${forced} allows no other engine, but ${reason}.`,
        exitCode.environment,
      );
    });
  }
  const onPath = await attempt(ways.path, (reason) => reason);
  if (typeof onPath !== "string") return onPath;
  const cached = cachedVendorEngine(versions, at.env) ?? cachedBuiltEngine(at);
  if (cached !== undefined) return cached;
  at.reporter.line(onPath);
  const downloaded = await attempt(ways.download, (reason) => reason);
  if (typeof downloaded !== "string") return downloaded;
  at.reporter.line(downloaded);
  return ways.built();
}

async function attempt<T>(way: () => Promise<Engine>, otherwise: (reason: string) => T): Promise<Engine | T> {
  try {
    return await way();
  } catch (error) {
    if (error instanceof NoEngine) return otherwise(error.message);
    throw error;
  }
}

function forcedSource(env: NodeJS.ProcessEnv): EngineSource | undefined {
  const value = env["BERTH_ENGINE"];
  if (value === undefined || value === "") return undefined;
  const found = sources.find((source) => source === value);
  if (found !== undefined) return found;
  throw new CommandError(
    `BERTH_ENGINE is "${value}"; it can be ${sources.join(", ")}, or nothing to try them in this order.`,
    exitCode.usage,
  );
}
