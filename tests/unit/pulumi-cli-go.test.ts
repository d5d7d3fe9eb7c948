import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { checkout } from "../../cli/checkout.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { findGo, judgeGo, neededGo } from "../../cli/pulumi-cli/go-compiler.ts";
import { pulumiCliWorld, writeScript } from "../support/pulumi-cli-circumstances.ts";

const toolchain = join(checkout.root, "toolchain");
const go = (version: string, policy: string) => JSON.stringify({ GOVERSION: version, GOTOOLCHAIN: policy });

describe("the Go compiler", () => {
  test("must be as new as go.mod says, or may fetch one that is", () => {
    assert.match(neededGo(toolchain), /^1\.\d+\.\d+$/);
    for (const [json, fits] of [
      [go("go1.25.11", "local"), true],
      [go("go1.26.8", "auto"), true],
      [go("go1.25.3", "auto"), true],
      [go("go1.25.3", "local"), false],
      [go("go1.21.0", "go1.26.8"), true],
      [go("go1.19.8", ""), false],
      ["", false],
    ] as const) {
      assert.equal(judgeGo("go", json, "1.25.11").problem === undefined, fits, json);
    }
  });

  test("that may not fetch a newer one is reported with how to allow it", () => {
    const { problem } = judgeGo("/usr/bin/go", go("go1.24.4", "local"), "1.25.11");
    assert.equal(
      problem,
      "/usr/bin/go is version 1.24.4 and may not fetch a newer one; with GOTOOLCHAIN=auto set it may",
    );
  });

  test("on PATH is taken", async (context) => {
    const { bin, at } = pulumiCliWorld(context);
    writeScript(join(bin, "go"), `echo '${go("go1.99.0", "local")}'`);
    assert.equal(await findGo(toolchain, at.env), join(bin, "go"));
  });

  test("that is too old is named, with the ways to a newer one", async (context) => {
    const { bin, at } = pulumiCliWorld(context);
    writeScript(join(bin, "go"), `echo '${go("go1.19.8", "")}'`);
    // Where Go is in its usual place outside of PATH, that one is found instead, and rightly so.
    try {
      assert.notEqual(await findGo(toolchain, at.env), join(bin, "go"));
    } catch (error) {
      assert.ok(error instanceof CommandError);
      assert.equal(error.exitCode, exitCode.environment);
      assert.ok(error.message.includes(`${bin}/go is version 1.19.8.`), error.message);
      assert.ok(error.message.includes(`https://go.dev/dl/go${neededGo(toolchain)}.linux-`), error.message);
    }
  });
});
