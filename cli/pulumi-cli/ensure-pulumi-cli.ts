import { CommandError, exitCode } from "../../system/exit-code.ts";
import { dirname } from "node:path";
import { checkout } from "../checkout.ts";
import { buildPulumiCli, cachedBuiltCli } from "./built-cli.ts";
import {
  NoPulumiCli,
  type PulumiCli,
  type PulumiCliCircumstances,
  type PulumiCliOptions,
  type PulumiCliSource,
} from "./pulumi-cli.ts";
import { noteUse } from "./upkeep.ts";
import { pathPulumiCli } from "./path-cli.ts";
import { pinnedVersions } from "./pinned-versions.ts";
import { cachedVendorCli, downloadPulumiCli } from "./vendor-cli.ts";
import { answerTime, vendorSite } from "./vendor-site.ts";

const sources: readonly PulumiCliSource[] = ["path", "download", "built"];

/**
 * Finds a Pulumi CLI that can run the stacks, or gets one: a usable `pulumi` on PATH, else what the
 * cache holds, else the vendor's download, else a build from Go modules. Set up once, it takes a
 * few milliseconds.
 *
 * `BERTH_PULUMI_CLI=path|download|built` allows one way only; `BERTH_CACHE` moves the cache.
 * @throws CommandError with what to do, if no way leads to a Pulumi CLI
 */
export async function ensurePulumiCli(options: PulumiCliOptions): Promise<PulumiCli> {
  const pulumiCli = await findPulumiCli(options);
  if (pulumiCli.source !== "path") noteUse(dirname(dirname(pulumiCli.pulumi)));
  return pulumiCli;
}

async function findPulumiCli(options: PulumiCliOptions): Promise<PulumiCli> {
  const at: PulumiCliCircumstances = {
    env: process.env,
    root: checkout.root,
    vendor: vendorSite,
    answerTime,
    ...options,
  };
  const versions = pinnedVersions(at.root);
  const ways: Record<PulumiCliSource, () => Promise<PulumiCli>> = {
    path: () => pathPulumiCli(versions, at),
    download: async () => cachedVendorCli(versions, at.env) ?? (await downloadPulumiCli(versions, at)),
    built: async () => cachedBuiltCli(at) ?? (await buildPulumiCli(versions, at)),
  };
  const forced = forcedSource(at.env);
  if (forced !== undefined) {
    return attempt(ways[forced], (reason) => {
      throw new CommandError(
        `BERTH_PULUMI_CLI=${forced} allows no other Pulumi CLI, but ${reason}.`,
        exitCode.environment,
      );
    });
  }
  const onPath = await attempt(ways.path, (reason) => reason);
  if (typeof onPath !== "string") return onPath;
  const cached = cachedVendorCli(versions, at.env) ?? cachedBuiltCli(at);
  if (cached !== undefined) return cached;
  at.reporter.line(onPath);
  const downloaded = await attempt(ways.download, (reason) => reason);
  if (typeof downloaded !== "string") return downloaded;
  at.reporter.line(downloaded);
  return ways.built();
}

async function attempt<T>(
  way: () => Promise<PulumiCli>,
  otherwise: (reason: string) => T,
): Promise<PulumiCli | T> {
  try {
    return await way();
  } catch (error) {
    if (error instanceof NoPulumiCli) return otherwise(error.message);
    throw error;
  }
}

function forcedSource(env: NodeJS.ProcessEnv): PulumiCliSource | undefined {
  if ((env["BERTH_ENGINE"] ?? "") !== "") {
    throw new CommandError(
      "BERTH_ENGINE is now called BERTH_PULUMI_CLI: unset the old name.",
      exitCode.usage,
    );
  }
  const value = env["BERTH_PULUMI_CLI"];
  if (value === undefined || value === "") return undefined;
  const found = sources.find((source) => source === value);
  if (found !== undefined) return found;
  throw new CommandError(
    `BERTH_PULUMI_CLI is "${value}"; it can be ${sources.join(", ")}, or nothing to try them in this order.`,
    exitCode.usage,
  );
}
