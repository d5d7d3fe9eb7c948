import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { checkout } from "../../cli/checkout.ts";
import { pinnedVersions } from "../../cli/pulumi-cli/pinned-versions.ts";
import { cachedVendorCli, checksumOf, downloadPulumiCli } from "../../cli/pulumi-cli/vendor-cli.ts";
import { pulumiCliWorld, type PulumiCliWorld } from "../support/pulumi-cli-circumstances.ts";
import { pretendedVendor, type Fault } from "../support/pretended-vendor.ts";

const versions = pinnedVersions(checkout.root);

/** Does as `pulumi plugin install` does. */
const installs = 'mkdir -p "$PULUMI_HOME/plugins/resource-$4-v$5"';

async function world(
  context: TestContext,
  pulumi: string,
  fault?: Fault,
): Promise<PulumiCliWorld & { asked: string[] }> {
  const made = pulumiCliWorld(context);
  const { url, asked } = await pretendedVendor(context, made.folder, versions.pulumi, pulumi, fault);
  return { ...made, at: { ...made.at, vendor: url, answerTime: 500 }, asked };
}

describe("the vendor's Pulumi CLI", () => {
  test("is downloaded, checked, unpacked and given its plugins, once", async (context) => {
    const { at, cache, lines, asked } = await world(context, installs);
    assert.equal(cachedVendorCli(versions, at.env), undefined);
    const pulumiCli = await downloadPulumiCli(versions, at);
    assert.equal(pulumiCli.source, "download");
    assert.equal(pulumiCli.version, versions.pulumi);
    assert.ok(pulumiCli.pulumi.startsWith(cache));
    assert.equal(pulumiCli.env["PATH"]?.split(":")[0], join(pulumiCli.pulumi, ".."));
    const home = pulumiCli.env["PULUMI_HOME"] ?? "";
    assert.deepEqual(
      readdirSync(join(home, "plugins")).sort(),
      versions.plugins.map(({ name, version }) => `resource-${name}-v${version}`).sort(),
    );
    assert.deepEqual(cachedVendorCli(versions, at.env), pulumiCli);
    assert.equal(asked.length, 2, "checksums and archive");
    assert.match(lines.join("\n"), /downloading http/);
    assert.deepEqual(readdirSync(cache).length, 1, "no archive, lock or half-made folder is left");
  });

  test("is not used if it differs from the published one", async (context) => {
    const { at, cache } = await world(context, installs, "tampered");
    await assert.rejects(downloadPulumiCli(versions, at), /is not what its vendor published: its SHA-256 is/);
    assert.deepEqual(readdirSync(cache), []);
  });

  test("is given up if the site does not answer in time", async (context) => {
    const { at } = await world(context, installs, "silent");
    await assert.rejects(downloadPulumiCli(versions, at), /does not answer: no answer in time/);
  });

  test("is given up if the site refuses connections", async (context) => {
    const { at } = pulumiCliWorld(context);
    await assert.rejects(downloadPulumiCli(versions, at), /http:\/\/127\.0\.0\.1:9.* does not answer/);
  });

  test("is given up if the site does not have it", async (context) => {
    const { at } = await world(context, installs, "no such version");
    await assert.rejects(downloadPulumiCli(versions, at), /answers 403 Forbidden/);
  });

  test("is given up if the download breaks off", async (context) => {
    const { at, cache } = await world(context, installs, "cut off");
    await assert.rejects(downloadPulumiCli(versions, at), /broke off/);
    assert.deepEqual(readdirSync(cache), []);
  });

  test("is given up if its plugins are unavailable, with its own words", async (context) => {
    const { at, cache } = await world(context, "echo 'error: no such host' >&2; exit 1");
    await assert.rejects(
      downloadPulumiCli(versions, at),
      /the plugin docker .* cannot be installed: error: no such host/,
    );
    assert.deepEqual(readdirSync(cache), []);
  });

  test("keeps the user's login, and their home as it is", async (context) => {
    const { at, home } = await world(context, installs);
    const { writeFileSync } = await import("node:fs");
    writeFileSync(join(home, "credentials.json"), "{}");
    const pulumiCli = await downloadPulumiCli(versions, at);
    assert.equal(pulumiCli.env["PULUMI_CREDENTIALS_PATH"], home);
    assert.deepEqual(readdirSync(home), ["credentials.json"]);
    assert.ok(existsSync(pulumiCli.pulumi));
  });
});

describe("a file of checksums", () => {
  test("names files with or without the asterisk of binary mode", () => {
    const [a, b] = ["a".repeat(64), "B".repeat(64)];
    const text = `${a}  one.tar.gz\n${b} *two.tar.gz\nnot a line\n`;
    assert.equal(checksumOf("one.tar.gz", text), a);
    assert.equal(checksumOf("two.tar.gz", text), b.toLowerCase());
    assert.equal(checksumOf("three.tar.gz", text), undefined);
    assert.equal(checksumOf("one.tar.gz", readFileSync("/dev/null", "utf8")), undefined);
  });
});
