import assert from "node:assert/strict";
import { mkdirSync, readdirSync, renameSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { stampInstall } from "../../cli/pulumi-cli/install-folder.ts";
import { noteUse, removeUnused } from "../../cli/pulumi-cli/upkeep.ts";
import { pulumiCliWorld } from "../support/pulumi-cli-circumstances.ts";

const now = Date.now();
const days = (number: number) => new Date(now - number * 24 * 3600 * 1000);

function pulumiCli(cache: string, name: string, lastUse: Date): string {
  const folder = join(cache, name);
  mkdirSync(folder, { recursive: true });
  stampInstall(folder, "3.0.0");
  utimesSync(join(folder, "pulumi-cli.json"), lastUse, lastUse);
  return folder;
}

describe("the Pulumi CLIs of the cache", () => {
  test("are removed after a month without use, once there is a new one", (context) => {
    const { cache } = pulumiCliWorld(context);
    const made = pulumiCli(cache, "pulumi-built-0123456789ab", days(40));
    pulumiCli(cache, "pulumi-built-aaaaaaaaaaaa", days(31));
    pulumiCli(cache, "pulumi-3.1.0-5.0.0", days(31));
    pulumiCli(cache, "pulumi-built-bbbbbbbbbbbb", days(29));
    mkdirSync(join(cache, "pulumi-built-cccccccccccc"));
    renameSync(
      join(pulumiCli(cache, "engine-dddddddddddd", days(31)), "pulumi-cli.json"),
      join(cache, "engine-dddddddddddd", "engine.json"),
    );
    mkdirSync(join(cache, "images"));
    writeFileSync(join(cache, "pulumi-on-path.json"), "{}");
    assert.deepEqual(removeUnused(made, now).sort(), [
      "engine-dddddddddddd",
      "pulumi-3.1.0-5.0.0",
      "pulumi-built-aaaaaaaaaaaa",
    ]);
    assert.deepEqual(readdirSync(cache).sort(), [
      "images",
      "pulumi-built-0123456789ab",
      "pulumi-built-bbbbbbbbbbbb",
      "pulumi-built-cccccccccccc",
      "pulumi-on-path.json",
    ]);
  });

  test("stay when they are used", (context) => {
    const { cache } = pulumiCliWorld(context);
    const used = pulumiCli(cache, "pulumi-built-aaaaaaaaaaaa", days(31));
    noteUse(used, now);
    assert.deepEqual(removeUnused(join(cache, "pulumi-built-new"), now), []);
    assert.equal(Math.round(statSync(join(used, "pulumi-cli.json")).mtimeMs / 1000), Math.round(now / 1000));
  });

  test("need not be there to be noted", () => {
    assert.doesNotThrow(() => {
      noteUse("/nonexistent/pulumi-built");
    });
  });
});
