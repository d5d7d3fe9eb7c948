import assert from "node:assert/strict";
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { stampEngine } from "../../cli/pulumi-cli/install-folder.ts";
import { noteUse, removeUnused } from "../../cli/pulumi-cli/upkeep.ts";
import { engineWorld } from "../support/pulumi-cli-circumstances.ts";

const now = Date.now();
const days = (number: number) => new Date(now - number * 24 * 3600 * 1000);

function engine(cache: string, name: string, lastUse: Date): string {
  const folder = join(cache, name);
  mkdirSync(folder, { recursive: true });
  stampEngine(folder, "3.0.0");
  utimesSync(join(folder, "engine.json"), lastUse, lastUse);
  return folder;
}

describe("the engines of the cache", () => {
  test("go when nobody has used them for a month and a new one has come", (context) => {
    const { cache } = engineWorld(context);
    const made = engine(cache, "engine-0123456789ab", days(40));
    engine(cache, "engine-aaaaaaaaaaaa", days(31));
    engine(cache, "pulumi-3.1.0-5.0.0", days(31));
    engine(cache, "engine-bbbbbbbbbbbb", days(29));
    mkdirSync(join(cache, "engine-cccccccccccc"));
    mkdirSync(join(cache, "images"));
    writeFileSync(join(cache, "pulumi-on-path.json"), "{}");
    assert.deepEqual(removeUnused(made, now).sort(), ["engine-aaaaaaaaaaaa", "pulumi-3.1.0-5.0.0"]);
    assert.deepEqual(readdirSync(cache).sort(), [
      "engine-0123456789ab",
      "engine-bbbbbbbbbbbb",
      "engine-cccccccccccc",
      "images",
      "pulumi-on-path.json",
    ]);
  });

  test("stay when they are used", (context) => {
    const { cache } = engineWorld(context);
    const used = engine(cache, "engine-aaaaaaaaaaaa", days(31));
    noteUse(used, now);
    assert.deepEqual(removeUnused(join(cache, "engine-new"), now), []);
    assert.equal(Math.round(statSync(join(used, "engine.json")).mtimeMs / 1000), Math.round(now / 1000));
  });

  test("need not be there to be noted", () => {
    assert.doesNotThrow(() => {
      noteUse("/nonexistent/engine");
    });
  });
});
