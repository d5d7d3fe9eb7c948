import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { checkout } from "../../cli/checkout.ts";
import { NoPulumiCli } from "../../cli/pulumi-cli/pulumi-cli.ts";
import { pathPulumiCli } from "../../cli/pulumi-cli/path-cli.ts";
import { pinnedVersions } from "../../cli/pulumi-cli/pinned-versions.ts";
import { pulumiCliWorld, writeScript, type PulumiCliWorld } from "../support/pulumi-cli-circumstances.ts";
import { pretendedVendor } from "../support/pretended-vendor.ts";

const versions = pinnedVersions(checkout.root);

/**
 * A CLI that tells a version, counts how often it is run, and installs plugins as the real one lays
 * them out.
 */
function pretendPulumi({ folder, bin, home }: PulumiCliWorld, version: string): { runs: () => number } {
  const log = join(folder, "runs");
  writeScript(
    join(bin, "pulumi"),
    `echo "$*" >> ${log}
case "$1" in
version) echo v${version} ;;
plugin) mkdir -p "$PULUMI_HOME/plugins/resource-$4-v$5" ;;
esac`,
  );
  writeScript(join(bin, "pulumi-language-nodejs"), "exit 0");
  mkdirSync(join(home, "plugins"), { recursive: true });
  return { runs: () => readFileSync(log, "utf8").trimEnd().split("\n").length };
}

function installAll({ home }: PulumiCliWorld): void {
  for (const { name, version } of versions.plugins) {
    mkdirSync(join(home, "plugins", `resource-${name}-v${version}`), { recursive: true });
  }
}

function refused(world: PulumiCliWorld, words: RegExp): Promise<void> {
  return assert.rejects(pathPulumiCli(versions, world.at), (error) => {
    assert.ok(error instanceof NoPulumiCli);
    assert.match(error.message, words);
    return true;
  });
}

describe("the pulumi on PATH", () => {
  test("is used if it is new enough and has its plugins", async (context) => {
    const world = pulumiCliWorld(context);
    const pretended = pretendPulumi(world, "3.300.1");
    installAll(world);
    const pulumiCli = await pathPulumiCli(versions, world.at);
    assert.equal(pulumiCli.source, "path");
    assert.equal(pulumiCli.version, "3.300.1");
    assert.equal(pulumiCli.pulumi, join(world.bin, "pulumi"));
    assert.equal(pulumiCli.env["PULUMI_HOME"], world.home);
    assert.deepEqual(await pathPulumiCli(versions, world.at), pulumiCli);
    assert.equal(pretended.runs(), 1, "the second look needs no run of it");
  });

  test("is looked at again when it has changed", async (context) => {
    const world = pulumiCliWorld(context);
    pretendPulumi(world, "3.1.0");
    installAll(world);
    await refused(world, /3\.1\.0, older than/);
    pretendPulumi(world, "3.999.0");
    assert.equal((await pathPulumiCli(versions, world.at)).version, "3.999.0");
  });

  test("is refused if it is older than the program's SDK, and that is remembered", async (context) => {
    const world = pulumiCliWorld(context);
    const pretended = pretendPulumi(world, "3.100.0");
    const words = new RegExp(`version 3\\.100\\.0, older than ${versions.pulumi}`);
    await refused(world, words);
    await refused(world, words);
    assert.equal(pretended.runs(), 1);
  });

  test("is refused without its language host", async (context) => {
    const world = pulumiCliWorld(context);
    pretendPulumi(world, "3.300.1");
    rmSync(join(world.bin, "pulumi-language-nodejs"));
    await refused(world, /has no pulumi-language-nodejs/);
  });

  test("is refused if it cannot run at all", async (context) => {
    const world = pulumiCliWorld(context);
    pretendPulumi(world, "3.300.1");
    writeScript(join(world.bin, "pulumi"), "exit 1");
    await refused(world, /does not tell its version/);
  });

  test("is refused if it lacks plugins and the vendor's site does not answer", async (context) => {
    const world = pulumiCliWorld(context);
    pretendPulumi(world, "3.300.1");
    await refused(world, /lacks plugins, and http:\/\/127\.0\.0\.1:9\/\S+ does not answer/);
    assert.match(world.lines.join("\n"), /lacks docker, random, command/);
  });

  test("fetches missing plugins if the vendor's site answers", async (context) => {
    const world = pulumiCliWorld(context);
    const pretended = pretendPulumi(world, "3.300.1");
    const vendor = await pretendedVendor(context, world.folder, versions.pulumi, "exit 1");
    const pulumiCli = await pathPulumiCli(versions, { ...world.at, vendor: vendor.url });
    assert.equal(pulumiCli.source, "path");
    assert.equal(pretended.runs(), 1 + versions.plugins.length, "its version, and each plugin");
    assert.match(world.lines.join("\n"), /installing the plugin docker/);
  });

  test("is refused if a plugin is incomplete", async (context) => {
    const world = pulumiCliWorld(context);
    pretendPulumi(world, "3.300.1");
    installAll(world);
    const docker = versions.plugins[0];
    writeFileSync(join(world.home, "plugins", `resource-docker-v${docker?.version ?? ""}.partial`), "");
    await refused(world, /lacks plugins/);
  });

  test("does not count when it is one of the cache's own Pulumi CLIs", async (context) => {
    const world = pulumiCliWorld(context);
    const cached = join(world.cache, "pulumi-built-0123456789ab", "bin");
    writeScript(join(cached, "pulumi"), "echo v3.300.1");
    await assert.rejects(
      pathPulumiCli(versions, { ...world.at, env: { ...world.at.env, PATH: `${cached}:/usr/bin:/bin` } }),
      /no pulumi on PATH/,
    );
  });
});
