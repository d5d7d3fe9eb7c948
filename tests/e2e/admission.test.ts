import assert from "node:assert/strict";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { baseImage } from "../support/base-image.ts";
import { docker, finish } from "../support/docker.ts";
import { ScratchContainers } from "../support/scratch-containers.ts";

const root = join(import.meta.dirname, "../..");
const limited = (await docker(["info", "--format", "{{.PidsLimit}}"])) === "true";

await describe("a container is admitted", { timeout: 300_000 }, () => {
  const scratch = new ScratchContainers();
  after(() => scratch.remove());

  const sleeping = async () =>
    scratch.start(await baseImage("debian"), ["--init", "--entrypoint", "sleep"], ["infinity"]);
  /** Admits as a deployment does it. */
  const admit = (container: string, pids: number, ...check: string[]) =>
    finish("sh", [join(root, "infra/commands/admit-container.sh"), ...check], {
      env: { CONTAINER: container, PART: "app", PIDS: String(pids), ADMIT_TIMEOUT: "2" },
    });

  test("with its limit of processes in force", { skip: !limited && "the kernel limits none" }, async () => {
    const container = await sleeping();
    const admitted = await admit(container, 33, "true");
    assert.equal(admitted.status, 0, admitted.stderr);
    const file = "cat /sys/fs/cgroup/pids.max 2>/dev/null || cat /sys/fs/cgroup/pids/pids.max";
    assert.equal(await docker(["exec", container, "sh", "-c", file]), "33");
  });

  test("and not without it", { skip: !limited && "the kernel limits none" }, async () => {
    // More than Linux has process ids: it refuses such a limit.
    const refused = await admit(await sleeping(), 5_000_000, "true");
    assert.equal(refused.status, 1);
    assert.match(
      refused.stderr,
      /^app did not become healthy: its limit of 5000000 processes is not in force\n/,
    );
  });

  test("and not while its check fails, whose words are told", async () => {
    const refused = await admit(await sleeping(), 33, "sh", "-c", "echo not yet; exit 1");
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /its check still fails after 2 seconds, saying: not yet\n/);
  });
});
