import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { checkout } from "../../cli/checkout.ts";
import { pinnedVersions } from "../../cli/pulumi-cli/pinned-versions.ts";
import { cachedVendorEngine, checksumOf, downloadEngine } from "../../cli/pulumi-cli/vendor-cli.ts";
import { engineWorld, type EngineWorld } from "../support/pulumi-cli-circumstances.ts";
import { pretendedVendor, type Fault } from "../support/pretended-vendor.ts";

const versions = pinnedVersions(checkout.root);

/** Does as `pulumi plugin install` does. */
const installs = 'mkdir -p "$PULUMI_HOME/plugins/resource-$4-v$5"';

async function world(
  context: TestContext,
  pulumi: string,
  fault?: Fault,
): Promise<EngineWorld & { asked: string[] }> {
  const made = engineWorld(context);
  const { url, asked } = await pretendedVendor(context, made.folder, versions.pulumi, pulumi, fault);
  return { ...made, at: { ...made.at, vendor: url, answerTime: 500 }, asked };
}

describe("the vendor's engine", () => {
  test("is downloaded, checked, unpacked and given its plugins, once", async (context) => {
    const { at, cache, lines, asked } = await world(context, installs);
    assert.equal(cachedVendorEngine(versions, at.env), undefined);
    const engine = await downloadEngine(versions, at);
    assert.equal(engine.source, "download");
    assert.equal(engine.version, versions.pulumi);
    assert.ok(engine.pulumi.startsWith(cache));
    assert.equal(engine.env["PATH"]?.split(":")[0], join(engine.pulumi, ".."));
    const home = engine.env["PULUMI_HOME"] ?? "";
    assert.deepEqual(
      readdirSync(join(home, "plugins")).sort(),
      versions.plugins.map(({ name, version }) => `resource-${name}-v${version}`).sort(),
    );
    assert.deepEqual(cachedVendorEngine(versions, at.env), engine);
    assert.equal(asked.length, 2, "checksums and archive");
    assert.match(lines.join("\n"), /downloading http/);
    assert.deepEqual(readdirSync(cache).length, 1, "no archive, lock or half-made folder is left");
  });

  test("is not used where it is not what was published", async (context) => {
    const { at, cache } = await world(context, installs, "tampered");
    await assert.rejects(downloadEngine(versions, at), /is not what its vendor published: its SHA-256 is/);
    assert.deepEqual(readdirSync(cache), []);
  });

  test("is given up where the site does not answer in time", async (context) => {
    const { at } = await world(context, installs, "silent");
    await assert.rejects(downloadEngine(versions, at), /does not answer: no answer in time/);
  });

  test("is given up where nobody listens", async (context) => {
    const { at } = engineWorld(context);
    await assert.rejects(downloadEngine(versions, at), /http:\/\/127\.0\.0\.1:9.* does not answer/);
  });

  test("is given up where the site has not got it", async (context) => {
    const { at } = await world(context, installs, "no such version");
    await assert.rejects(downloadEngine(versions, at), /answers 403 Forbidden/);
  });

  test("is given up where the download breaks off", async (context) => {
    const { at, cache } = await world(context, installs, "cut off");
    await assert.rejects(downloadEngine(versions, at), /broke off/);
    assert.deepEqual(readdirSync(cache), []);
  });

  test("is given up where its plugins are not to be had, with its own words", async (context) => {
    const { at, cache } = await world(context, "echo 'error: no such host' >&2; exit 1");
    await assert.rejects(
      downloadEngine(versions, at),
      /the plugin docker .* cannot be installed: error: no such host/,
    );
    assert.deepEqual(readdirSync(cache), []);
  });

  test("keeps the user's login, and their home as it is", async (context) => {
    const { at, home } = await world(context, installs);
    const { writeFileSync } = await import("node:fs");
    writeFileSync(join(home, "credentials.json"), "{}");
    const engine = await downloadEngine(versions, at);
    assert.equal(engine.env["PULUMI_CREDENTIALS_PATH"], home);
    assert.deepEqual(readdirSync(home), ["credentials.json"]);
    assert.ok(existsSync(engine.pulumi));
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
