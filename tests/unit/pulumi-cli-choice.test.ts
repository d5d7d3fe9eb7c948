import assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { checkout } from "../../cli/checkout.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { cachedBuiltCli } from "../../cli/pulumi-cli/built-cli.ts";
import { ensurePulumiCli } from "../../cli/pulumi-cli/ensure-pulumi-cli.ts";
import { stampInstall } from "../../cli/pulumi-cli/install-folder.ts";
import { pinnedVersions } from "../../cli/pulumi-cli/pinned-versions.ts";
import { toolchainHash } from "../../cli/pulumi-cli/toolchain-hash.ts";
import {
  checkoutWith,
  pulumiCliWorld,
  writeScript,
  type PulumiCliWorld,
} from "../support/pulumi-cli-circumstances.ts";
import { pretendedVendor } from "../support/pretended-vendor.ts";

const versions = pinnedVersions(checkout.root);
const installs = 'mkdir -p "$PULUMI_HOME/plugins/resource-$4-v$5"';

/** A finished build in the cache. */
function builtBefore({ cache, at }: PulumiCliWorld): string {
  const folder = join(cache, `pulumi-built-${toolchainHash(join(at.root, "toolchain"))}`);
  writeScript(join(folder, "bin", "pulumi"), "exit 1");
  mkdirSync(join(folder, "home"));
  stampInstall(folder, versions.pulumi);
  return folder;
}

/**
 * A checkout whose toolchain is small: its build program makes shell scripts in no time, and so
 * shows what happens around a real build.
 */
function quickBuild(context: TestContext, body = ""): PulumiCliWorld {
  const world = pulumiCliWorld(context);
  const program = `package main
import ("os"; "path/filepath")
func main() {
  out := os.Args[2]
  ${body}
  os.MkdirAll(out, 0o755)
  for _, name := range []string{"pulumi", "pulumi-language-nodejs", "pulumi-resource-docker", "pulumi-resource-random", "pulumi-resource-command"} {
    os.WriteFile(filepath.Join(out, name), []byte("#!/bin/sh\\ntest -f \\"$7\\" && mkdir -p \\"$PULUMI_HOME/plugins/$4\\"\\n"), 0o755)
  }
}
`;
  const root = checkoutWith(world.folder, {
    "go.mod": "module example\n\ngo 1.25.0\n",
    "cmd/build/main.go": program,
  });
  return {
    ...world,
    at: { ...world.at, root, env: { ...process.env, ...world.at.env, ...go } },
  };
}

/**
 * Go in its usual place, and its build cache: the pretended user's home has none, and would compile
 * Go's library again.
 */
const go = {
  PATH: `${process.env["PATH"] ?? ""}:/usr/local/go/bin`,
  GOCACHE: process.env["GOCACHE"] ?? join(homedir(), ".cache", "go-build"),
};

/** No pulumi of this machine's PATH may be found instead. */
function withoutPulumi(world: PulumiCliWorld, extra: NodeJS.ProcessEnv = {}): PulumiCliWorld["at"] {
  return { ...world.at, env: { ...world.at.env, ...extra } };
}

describe("the choice of a Pulumi CLI", () => {
  test("uses an earlier build without any request", async (context) => {
    const world = pulumiCliWorld(context);
    const folder = builtBefore(world);
    const vendor = await pretendedVendor(context, world.folder, versions.pulumi, installs);
    const pulumiCli = await ensurePulumiCli({ ...world.at, vendor: vendor.url });
    assert.equal(pulumiCli.source, "built");
    assert.equal(pulumiCli.pulumi, join(folder, "bin", "pulumi"));
    assert.equal(pulumiCli.env["PULUMI_HOME"], join(folder, "home"));
    assert.deepEqual(vendor.asked, []);
    assert.deepEqual(world.lines, []);
  });

  test("prefers the vendor's download to a build", async (context) => {
    const world = pulumiCliWorld(context);
    const vendor = await pretendedVendor(context, world.folder, versions.pulumi, installs);
    const pulumiCli = await ensurePulumiCli({ ...world.at, vendor: vendor.url });
    assert.equal(pulumiCli.source, "download");
    assert.match(world.lines[0] ?? "", /no pulumi on PATH/);
  });

  test("obeys BERTH_PULUMI_CLI, and says why if it cannot", async (context) => {
    const world = pulumiCliWorld(context);
    const folder = builtBefore(world);
    const vendor = await pretendedVendor(context, world.folder, versions.pulumi, installs);
    const choose = (source: string, url: string) =>
      ensurePulumiCli({ ...withoutPulumi(world, { BERTH_PULUMI_CLI: source }), vendor: url });
    assert.equal((await choose("download", vendor.url)).source, "download");
    assert.equal((await choose("built", vendor.url)).pulumi, join(folder, "bin", "pulumi"));
    await assert.rejects(choose("path", vendor.url), (error) => {
      assert.ok(error instanceof CommandError && error.exitCode === exitCode.environment);
      assert.equal(error.message, "BERTH_PULUMI_CLI=path allows no other Pulumi CLI, but no pulumi on PATH.");
      return true;
    });
    await assert.rejects(
      choose("binary", vendor.url),
      /BERTH_PULUMI_CLI is "binary"; it can be path, download, built/,
    );
    await assert.rejects(
      ensurePulumiCli(withoutPulumi(world, { BERTH_ENGINE: "built" })),
      /BERTH_ENGINE is now called BERTH_PULUMI_CLI/,
    );
  });

  test("does not use a half-made folder", (context) => {
    const world = pulumiCliWorld(context);
    const folder = join(world.cache, `pulumi-built-${toolchainHash(join(world.at.root, "toolchain"))}`);
    writeScript(join(folder, "bin", "pulumi"), "exit 0");
    assert.equal(cachedBuiltCli(world.at), undefined);
    writeFileSync(join(folder, "pulumi-cli.json"), '{"version": ');
    assert.equal(cachedBuiltCli(world.at), undefined);
  });
});

describe("the build of a Pulumi CLI", () => {
  test("puts everything into the cache, plugins in a home of its own", async (context) => {
    const world = quickBuild(context);
    const pulumiCli = await ensurePulumiCli({
      ...world.at,
      env: { ...world.at.env, BERTH_PULUMI_CLI: "built" },
    });
    assert.equal(pulumiCli.source, "built");
    const folder = join(pulumiCli.pulumi, "..", "..");
    assert.deepEqual(readdirSync(folder).sort(), ["bin", "home", "pulumi-cli.json"]);
    assert.deepEqual(readdirSync(join(folder, "bin")).sort(), ["pulumi", "pulumi-language-nodejs"]);
    assert.deepEqual(readdirSync(join(folder, "home", "plugins")).sort(), ["command", "docker", "random"]);
    assert.deepEqual(readdirSync(world.home), [], "the user's own home stays as it is");
    assert.equal(readdirSync(world.cache).length, 1);
  });

  test("happens once for two at the same time", async (context) => {
    const world = quickBuild(context);
    const at = { ...world.at, env: { ...world.at.env, BERTH_PULUMI_CLI: "built" } };
    const [one, other] = await Promise.all([ensurePulumiCli(at), ensurePulumiCli(at)]);
    assert.deepEqual(one, other);
    const compiled = world.lines.filter((line) => line.startsWith("compiling"));
    assert.equal(compiled.length, 1);
    assert.ok(
      world.lines.some((line) => /^process \d+ is building the Pulumi CLI: waiting for it$/.test(line)),
    );
  });

  test("that fails leaves nothing, and quotes Go", async (context) => {
    const world = quickBuild(context, 'println("no space left on device"); os.Exit(1)');
    await assert.rejects(
      ensurePulumiCli({ ...world.at, env: { ...world.at.env, BERTH_PULUMI_CLI: "built" } }),
      (error) => {
        assert.ok(error instanceof CommandError && error.exitCode === exitCode.environment);
        assert.match(error.message, /cannot be built:\n.*no space left on device/);
        assert.match(error.message, /needs 4 GB for Go's caches.*GOCACHE/);
        return true;
      },
    );
    assert.deepEqual(readdirSync(world.cache), []);
  });

  test("that is interrupted leaves nothing", async (context) => {
    const world = quickBuild(context, "println(`busy`); select {}");
    const interruption = new AbortController();
    const reporter = {
      line: (text: string) => {
        if (text.includes("busy")) interruption.abort();
      },
    };
    await assert.rejects(
      ensurePulumiCli({
        ...world.at,
        reporter,
        signal: interruption.signal,
        env: { ...world.at.env, BERTH_PULUMI_CLI: "built" },
      }),
      { name: "AbortError" },
    );
    assert.deepEqual(readdirSync(world.cache), []);
  });
});
