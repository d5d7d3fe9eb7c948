import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { baseImage } from "../support/base-image.ts";
import { docker, finish } from "../support/docker.ts";

const context = join(import.meta.dirname, "../../app");
const tag = `berth/app-test:${randomBytes(6).toString("hex")}`;

await describe("the application's image", { timeout: 600_000 }, () => {
  /** Runs a command in it as a stack would: read-only, as the image's own user. */
  const inside = (...command: string[]) => {
    const debug = ["--env", "NODE_DEBUG_NATIVE=COMPILE_CACHE"];
    return finish("docker", ["run", "--rm", "--read-only", "--network", "none", ...debug, tag, ...command]);
  };

  before(async () => {
    const arguments_ = {
      NODE_IMAGE: await baseImage("node"),
      RUNTIME_IMAGE: await baseImage("debian"),
      CA_IMAGE: await baseImage("machine-ca"),
    };
    const flags = Object.entries(arguments_).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]);
    await docker(["build", "--quiet", "--tag", tag, ...flags, context]);
  });
  after(async () => {
    await docker(["image", "rm", tag]);
  });

  test("finds the code of every program compiled", async () => {
    for (const program of [
      "main",
      "worker",
      "migrate",
      "seed",
      "create-admin",
      "create-invitation",
      "test-mail",
      "repl",
    ]) {
      const { stdout, stderr } = await inside("node", `src/${program}.ts`);
      const said = stdout + stderr;
      const looked = said.split("\n").filter((line) => line.includes("reading cache from"));
      assert.ok(looked.length > 0, said);
      assert.deepEqual(
        looked.filter((line) => !line.endsWith("success") && !line.includes("... success")),
        [],
        program,
      );
    }
  });

  test("has no setuid or setgid file, whichever base it was built on", async () => {
    const find = ["run", "--rm", "--user", "0", "--network", "none", "--entrypoint", "find", tag];
    assert.equal(await docker([...find, "/", "-xdev", "-type", "f", "-perm", "/6000"]), "");
  });

  test("belongs to another user, and has no build tools", async () => {
    const { stdout } = await inside(
      "sh",
      "-c",
      "id -u; touch /app/src/x 2>&1; command -v npm npx gcc make python3; ls -d /app/node_modules/*esbuild",
    );
    assert.match(stdout, /^1000\n/);
    assert.match(stdout, /Permission denied|Read-only file system/);
    assert.equal(stdout.trim().split("\n").length, 2, stdout);
  });
});
