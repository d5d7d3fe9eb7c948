import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { baseImage } from "../support/base-image.ts";
import { docker, finish } from "../support/docker.ts";

const root = join(import.meta.dirname, "../..");
const base = await baseImage("postgres");
const derived = await finish(process.execPath, [
  join(root, "images/derive.ts"),
  "backup",
  ...["--base", base],
]);
const image = derived.stdout.trim();

/** What the stacks run it with, without a network. */
const confined = ["--rm", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--network", "none"];

test("the image of the backups is built on the stack's Postgres image and has its server", async () => {
  assert.equal(derived.status, 0, derived.stderr);
  assert.match(image, /^berth\/backup:[0-9a-f]{12}$/);
  const version = (name: string, program: string) =>
    docker(["run", ...confined, "--entrypoint", program, name, "--version"]);
  assert.equal(await version(image, "postgres"), await version(base, "postgres"));
  for (const program of ["pg_receivewal", "pg_amcheck", "pgbackrest"]) await version(image, program);
});

test("runs as Postgres' user and tells its words", async () => {
  assert.equal(await docker(["run", ...confined, "--entrypoint", "id", image, "-u"]), "999");
  const asked = await finish("docker", ["run", ...confined, image, "--help"]);
  assert.equal(asked.status, 2);
  assert.match(asked.stderr, /berth-backup backup full\|diff\|incr/);
});

test("decides by itself what is due, what stays, where holes are and what breaks the policy", async () => {
  const checks = readFileSync(join(root, "tests/support/backup_program.py"), "utf8");
  const { status, stderr } = await finish(
    "docker",
    ["run", "--interactive", ...confined, "--entrypoint", "python3", image, "-"],
    { stdin: checks },
  );
  assert.equal(status, 0, stderr);
  assert.match(stderr, /Ran \d\d tests/);
});
