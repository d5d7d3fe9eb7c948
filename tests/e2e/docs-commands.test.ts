import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { registerTestStack } from "../../cli/testing/test-run.ts";
import { cloneCheckout } from "../support/deployment.ts";
import { commandBlocks, runAsWritten } from "../support/doc-commands.ts";
import { docker, type Finished } from "../support/docker.ts";

await describe("the commands of the documentation", { timeout: 600_000 }, () => {
  /** A name that no stack of this machine has: the pages call it `prod`. */
  const stack = `docs-${randomBytes(3).toString("hex")}`;
  let folder: string;
  let clone: string;
  let forget: () => void;

  /** Runs commands in the clone, as the pages have them; the first failure ends it. */
  const run = (commands: readonly string[], ...more: readonly string[]): Promise<Finished> =>
    runAsWritten({ folder: clone, home: join(folder, "home"), stack }, [...commands, ...more]);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "berth-docs-"));
    clone = join(folder, "berth");
    mkdirSync(join(folder, "home"));
    mkdirSync(clone);
    forget = registerTestStack({ stack, paths: [folder] });
    await cloneCheckout(clone);
    // A stack of another name has to be told its shape; ports 80 and 443 of an address of its own
    // are free. No authority is asked for a name that is not ours.
    const authority = "https://acme.invalid/directory";
    const [high = 0, low = 0] = randomBytes(2);
    const settings = { shape: "prod", proxyAddress: `127.80.${high}.${low}`, acmeDirectory: authority };
    const lines = Object.entries(settings).map(([key, value]) => `  berth:${key}: "${value}"`);
    writeFileSync(join(clone, `Pulumi.${stack}.yaml`), ["config:", ...lines, ""].join("\n"));
  });

  after(async () => {
    const [state = ""] = commandBlocks("docs/deployment.md", "Production");
    const { status, stderr } = await run([state], "npx berth down --stack prod --volumes --yes");
    assert.equal(status, 0, stderr);
    rmSync(folder, { recursive: true, force: true });
    forget();
  });

  test("docs/setup.md: state, passphrase and plain Pulumi work in a fresh clone", async () => {
    const { status, stdout, stderr } = await run(commandBlocks("docs/setup.md"));
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /Previewing update \(dev\)/);
  });

  test("docs/deployment.md, Production: the wrapper deploys a fresh clone, and plain Pulumi takes the stack on", async () => {
    const { status, stdout, stderr } = await run(commandBlocks("docs/deployment.md", "Production"));
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, new RegExp(`Stack ${stack} is up`));
    assert.match(stdout, new RegExp(`Updating \\(${stack}\\)[^]*unchanged`));
    assert.doesNotMatch(stderr, /no stack named/);
  });

  test("a refusal inside the app's programs is a sentence", async () => {
    const { status, stdout, stderr } = await run([], "npx berth seed --stack prod");
    assert.equal(status, 1);
    assert.match(stdout + stderr, /^APP_ENV is production: sample data does not belong there\./m);
    assert.doesNotMatch(stdout + stderr, /^\s+at /m);
  });

  test("down names a foreign container that holds a volume, before it changes anything", async () => {
    const [state = ""] = commandBlocks("docs/deployment.md", "Production");
    const volume = await docker(["volume", "ls", "-q", "--filter", `label=berth.stack=${stack}`]);
    const [data = ""] = volume.split("\n").filter((name) => name.endsWith("-postgres"));
    const image = await docker([
      "ps",
      "-q",
      "--filter",
      `label=berth.stack=${stack}`,
      "--filter",
      "label=berth.part=app",
    ]);
    const id = await docker(["inspect", "--format", "{{.Image}}", image.split("\n")[0] ?? ""]);
    const stranger = `${stack}-backup`;
    await docker(["create", "--name", stranger, "--volume", `${data}:/data`, "--label", "berth.stack=", id]);
    try {
      const count = async () =>
        (await docker(["ps", "-q", "--filter", `label=berth.stack=${stack}`])).split("\n").length;
      const running = await count();
      const { status, stderr } = await run([state], "npx berth down --stack prod --volumes --yes");
      assert.equal(status, 3, stderr);
      assert.match(stderr, new RegExp(`volume ${data} is held by container ${stranger}`));
      assert.equal(await count(), running, "nothing was taken down");
    } finally {
      await docker(["rm", "--force", stranger]);
    }
  });

  test("the generated passphrase is refused for production also through berth env", async () => {
    const { status, stderr } = await run([], 'eval "$(npx berth env)"', "npx berth up --stack prod");
    assert.equal(status, 2, stderr);
    assert.match(stderr, /PULUMI_CONFIG_PASSPHRASE_FILE names a generated one/);
  });
});
