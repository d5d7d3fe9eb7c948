import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { padding } from "../../cli/moving/between-engines.ts";
import { UploadsCopy } from "../../cli/moving/uploads-copy.ts";
import { Docker } from "../../system/docker.ts";
import { baseImage } from "../support/base-image.ts";
import { docker, finish } from "../support/docker.ts";
import { ScratchContainers } from "../support/scratch-containers.ts";

await describe("uploads of another volume", { timeout: 600_000 }, () => {
  const scratch = new ScratchContainers();
  const engine = new Docker(process.env);
  let image: string;
  let holder: string;
  let target: string;
  let copy: UploadsCopy;

  const inTarget = (text: string) => scratch.script(image, text, ["--user", "0", "-v", `${target}:/volume`]);
  const change = (text: string) => docker(["exec", holder, "sh", "-c", `cd /srv/uploads && ${text}`]);

  before(async () => {
    image = await baseImage("postgres");
    const made = "mkdir -p deep/er; echo one >'deep/er/a file.txt'; echo two >two; echo odd >'back\\slash'";
    const source = await scratch.volume(image, `${made}; chown -R 0:0 .`);
    target = await scratch.volume(image, "echo mine >mine; chown -R 1000:1000 .; chown 1000:1000 /volume");
    const mounted = ["-v", `${source}:/srv/uploads`, "--entrypoint", "sleep"];
    holder = await scratch.start(image, mounted, ["infinity"]);
    const place = { docker: engine, image };
    copy = new UploadsCopy(
      { ...place, mount: ["--volumes-from", `${holder}:ro`], folder: "/srv/uploads" },
      { ...place, mount: ["--volume", `${target}:/uploads`], folder: "/uploads" },
    );
  });
  after(() => scratch.remove());

  test("are read whole, although Docker drops what nobody has taken two seconds after a process has ended", async () => {
    // As much as fills the way to a reader who is late, but for the last pipes.
    const size = 1_500_000;
    const read = `docker run --rm --network none --entrypoint sh ${image} -c 'head -c ${size} /dev/zero && ${padding}' | { sleep 5; wc -c; }`;
    const { status, stdout, stderr } = await finish("bash", ["-o", "pipefail", "-c", read]);
    assert.equal(status, 0, stderr);
    assert.ok(Number(stdout) >= size, stdout);
  });

  test("are copied, what changed is copied again, and what is gone goes", async () => {
    const first = await copy.copy(false);
    assert.deepEqual([...first.copy].sort(), [...first.original].sort());
    assert.equal(first.copy.size, 3);
    await change("rm two && echo three >three && echo longer >>'deep/er/a file.txt'");
    const { copy: now, original } = await copy.copy(true);
    assert.deepEqual([...now].sort(), [...original].sort());
    assert.deepEqual([...now.keys()].sort(), ["./back\\\\slash", "./deep/er/a file.txt", "./three"]);
  });

  test("take the place of the stack's, with its owner, and give it back", async () => {
    await copy.swapIn();
    assert.equal(
      await inTarget("cd /volume; cat three; stat -c %u three deep/er; ls -A | wc -l"),
      "three\n1000\n1000\n4",
    );
    assert.equal(await inTarget("cat /volume/.before-move/mine"), "mine");
    await copy.swapOut();
    assert.equal(await inTarget("cd /volume; cat mine; LC_ALL=C ls -A"), "mine\n.moving\nmine");
    const { copy: kept, original } = await copy.copy(true);
    assert.deepEqual([...kept].sort(), [...original].sort());
  });
});
