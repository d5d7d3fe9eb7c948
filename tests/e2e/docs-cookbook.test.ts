import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { rootCertificates } from "node:tls";
import { z } from "zod";
import { registerTestStack } from "../../cli/testing/test-run.ts";
import { parseProjectSettings } from "../../stacks/own-settings.ts";
import { commandBlocks } from "../support/doc-commands.ts";
import { finish } from "../support/docker.ts";

const root = join(import.meta.dirname, "../..");
const folder = "docs/cookbook";
const pages = readdirSync(join(root, folder)).filter((page) => page !== "README.md");
const settings = z.record(z.string(), z.object({ value: z.string(), secret: z.boolean() }));

await describe("the cookbook", { timeout: 900_000 }, () => {
  let place: string;
  let forget: () => void;

  before(() => {
    place = mkdtempSync(join(tmpdir(), "berth-cookbook-"));
    forget = registerTestStack({ paths: [place] });
    copyFileSync(join(root, "Pulumi.yaml"), join(place, "Pulumi.yaml"));
    // Any certificates: what the pages call their files.
    const [certificate = ""] = rootCertificates;
    for (const name of ["ca.pem", "origin.pem", "origin-pulls-ca.pem"])
      writeFileSync(join(place, name), `${certificate}\n`);
    writeFileSync(join(place, "origin-key.pem"), "a private key\n");
  });
  after(() => {
    rmSync(place, { recursive: true, force: true });
    forget();
  });

  /** Runs commands in the folder, on a state of a page's own; the first failure ends them. */
  async function run(page: string, script: string): Promise<string> {
    const state = join(place, `state-${page}`);
    const env = { PULUMI_BACKEND_URL: `file://${state}`, PULUMI_CONFIG_PASSPHRASE: "a test's" };
    const { status, stdout, stderr } = await finish(
      "bash",
      ["-eo", "pipefail", "-c", `mkdir -p "$0"\n${script}`, state],
      { cwd: place, env },
    );
    assert.equal(status, 0, `${page}:\n${script}\n${stdout}${stderr}`);
    return stdout;
  }

  test("lists every page, and every page says what was run", () => {
    const index = readFileSync(join(root, folder, "README.md"), "utf8");
    assert.ok(pages.length >= 8);
    for (const page of pages) {
      assert.ok(index.includes(`(${page})`), page);
      const text = readFileSync(join(root, folder, page), "utf8");
      assert.match(text, /^## What was run\n[^]+Not\s+run: /m, page);
      for (const [, file = ""] of text.matchAll(/`((?:app|tests)\/[\w./-]+\.test\.ts)`/g))
        assert.ok(readFileSync(join(root, file), "utf8") !== "", file);
    }
  });

  for (const page of pages) {
    test(`${page}: each block of commands leaves a complete stack`, async () => {
      await run(page, "pulumi stack init prod");
      const blocks = commandBlocks(`${folder}/${page}`);
      assert.ok(blocks.length > 0);
      for (const block of blocks) {
        await run(page, block);
        const [stack = "prod"] = [...block.matchAll(/--stack (\w+)/g)].map((found) => found[1]);
        const said = await run(page, `pulumi config --json --show-secrets --stack ${stack}`);
        const entries = Object.entries(settings.parse(JSON.parse(said)));
        const secret = entries.filter((entry) => entry[1].secret).map(([key]) => key);
        const values = entries.map(([key, { value }]) => [key, value] as const);
        assert.equal(parseProjectSettings("berth", stack, values, secret).stack, stack, block);
      }
      for (const file of readdirSync(place).filter((name) => /^Pulumi\..+\.yaml$/.test(name)))
        rmSync(join(place, file));
    });
  }
});
