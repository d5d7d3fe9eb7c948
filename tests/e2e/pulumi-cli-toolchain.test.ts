import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { checkout } from "../../cli/checkout.ts";
import { CommandError } from "../../system/exit-code.ts";
import { cacheFolder, isInside } from "../../system/cache-folder.ts";
import { findGo } from "../../cli/pulumi-cli/go-compiler.ts";
import { finish } from "../support/docker.ts";

const toolchain = join(checkout.root, "toolchain");

/**
 * Why the tests in Go do not run here; they compile what the Pulumi CLI consists of, unless its
 * build has just done so.
 */
async function obstacle(): Promise<string | undefined> {
  const home = process.env["PULUMI_HOME"] ?? "";
  if (!isInside(home, cacheFolder(process.env)) || !/[\\/]pulumi-built-[0-9a-f]{12}[\\/]/.test(home)) {
    return "the Pulumi CLI in use was not built here";
  }
  try {
    await findGo(toolchain, process.env);
    return undefined;
  } catch (error) {
    if (error instanceof CommandError) return "there is no Go here";
    throw error;
  }
}

describe("the toolchain", () => {
  test("passes its own tests", async (context) => {
    const reason = await obstacle();
    if (reason !== undefined) {
      context.skip(reason);
      return;
    }
    // The flags of the build, so that its packages are not compiled again.
    const args = ["test", "-trimpath", "-tags", "no_compose", "./..."];
    const go = await findGo(toolchain, process.env);
    const done = await finish(go, args, { cwd: toolchain, env: { CGO_ENABLED: "0", GOWORK: "off" } });
    assert.equal(done.status, 0, `${done.stdout}${done.stderr}`);
    assert.match(done.stdout, /ok\s+berth\/toolchain\/internal\/command/);
  });
});
