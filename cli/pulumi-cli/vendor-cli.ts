import { mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { capture } from "../../system/run.ts";
import { cacheFolder } from "../../system/cache-folder.ts";
import { NoPulumiCli, type PulumiCli, type PulumiCliCircumstances } from "./pulumi-cli.ts";
import { pulumiCliIn, environmentOf, layoutOf } from "./install-folder.ts";
import { installPlugins } from "./install-plugins.ts";
import { makeInstallFolder } from "./make-install-folder.ts";
import type { PinnedVersions } from "./pinned-versions.ts";
import { AnswerTime, checksumsUrl, saveResponse } from "./vendor-site.ts";

/** The vendor's Pulumi CLI in the cache, if it has been downloaded before. */
export function cachedVendorCli(versions: PinnedVersions, env: NodeJS.ProcessEnv): PulumiCli | undefined {
  return pulumiCliIn(vendorFolder(versions, env), "download", env);
}

/**
 * Downloads the vendor's CLI, checks it against the published checksums, and has it fetch its
 * plugins.
 * @throws NoPulumiCli if the site does not answer in time, or anything of it is not to be had
 */
export async function downloadPulumiCli(
  versions: PinnedVersions,
  at: PulumiCliCircumstances,
): Promise<PulumiCli> {
  const folder = vendorFolder(versions, at.env);
  await makeInstallFolder(folder, versions.pulumi, "downloading the Pulumi CLI", at, async (work) => {
    await download(versions, work, at);
    const { pulumi } = layoutOf(work);
    await installPlugins(pulumi, versions.plugins, { ...at.env, ...environmentOf(work, at.env) }, at);
  });
  const pulumiCli = pulumiCliIn(folder, "download", at.env);
  if (pulumiCli === undefined) throw new NoPulumiCli(`${folder} is not complete`);
  return pulumiCli;
}

function vendorFolder(versions: PinnedVersions, env: NodeJS.ProcessEnv): string {
  const plugins = versions.plugins.map(({ version }) => version).join("-");
  return join(cacheFolder(env), `pulumi-${versions.pulumi}-${plugins}`);
}

async function download(versions: PinnedVersions, work: string, at: PulumiCliCircumstances): Promise<void> {
  const releases = `${at.vendor}/releases/sdk`;
  const name = `pulumi-v${versions.pulumi}-${process.platform}-${process.arch}.tar.gz`;
  at.reporter.line(`asking ${at.vendor} for Pulumi ${versions.pulumi}`);
  const time = new AnswerTime(at.answerTime);
  const sums = await time.ask(checksumsUrl(at.vendor, versions.pulumi), "GET", at.signal);
  const wanted = checksumOf(name, await sums.text());
  if (wanted === undefined) throw new NoPulumiCli(`${at.vendor} publishes no checksum for ${name}`);
  const response = await time.ask(`${releases}/${name}`, "GET", at.signal);
  at.reporter.line(`downloading ${response.url}`);
  const archive = join(work, name);
  const got = await saveResponse(response, archive, at);
  if (got !== wanted) {
    throw new NoPulumiCli(
      `${response.url} is not what its vendor published: its SHA-256 is ${got}, not ${wanted}`,
    );
  }
  await unpack(archive, work);
  rmSync(archive);
}

/** @param text lines of sha256sum(1): the sum, spaces, an asterisk for binary files, the name */
export function checksumOf(name: string, text: string): string | undefined {
  return text
    .split("\n")
    .map((line) => /^([0-9a-f]{64})\s+\*?(\S+)\s*$/i.exec(line))
    .find((match) => match?.[2] === name)?.[1]
    ?.toLowerCase();
}

/** The archive holds one folder, pulumi/, with the executables. */
async function unpack(archive: string, work: string): Promise<void> {
  const { bin } = layoutOf(work);
  const unpacked = join(work, "unpacked");
  mkdirSync(unpacked);
  const { code, stderr } = await capture({ command: "tar", args: ["-xzf", archive, "-C", unpacked] });
  if (code !== 0) throw new NoPulumiCli(`tar cannot unpack ${archive}: ${stderr.trim()}`);
  renameSync(join(unpacked, "pulumi"), bin);
  rmSync(unpacked, { recursive: true });
}
