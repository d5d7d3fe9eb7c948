import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { judgeDebianPin } from "../../cli/outdated/debian-pins.ts";
import { Docker } from "../../system/docker.ts";
import { baseImage } from "../support/base-image.ts";
import { ScratchContainers } from "../support/scratch-containers.ts";

await describe(
  "packages of an image are compared with Debian's archive by its own apt",
  { timeout: 600_000 },
  () => {
    const scratch = new ScratchContainers();
    const docker = new Docker(process.env);
    let debian: string;

    const ask = (reference: string) =>
      judgeDebianPin(docker, { kind: "debian", name: "debian", pinned: "2026-01-01", reference });

    before(async () => {
      debian = await baseImage("debian");
    });
    after(() => scratch.remove());

    test("one with an older package is behind, by that package", async () => {
      const older = await scratch.build(
        [
          "ARG BASE_IMAGE",
          "FROM ${BASE_IMAGE}",
          "RUN sed -i '/^Package: hostname$/,/^$/ s/^Version: .*/Version: 0.1/' /var/lib/dpkg/status",
        ].join("\n"),
        { BASE_IMAGE: debian },
      );
      const judged = await ask(older);
      assert.ok(judged.state === "behind", JSON.stringify(judged));
      const update = judged.updates?.find((one) => one.package === "hostname");
      assert.equal(update?.from, "0.1");
      assert.match(update.to, /^3\./);
    });

    test("one whose archive does not answer is not seen, and not current", async () => {
      const cut = await scratch.build(
        [
          "ARG BASE_IMAGE",
          "FROM ${BASE_IMAGE}",
          "RUN sed -i 's|^URIs: .*|URIs: http://127.0.0.1:9/debian|' /etc/apt/sources.list.d/debian.sources",
        ].join("\n"),
        { BASE_IMAGE: debian },
      );
      const judged = await ask(cut);
      assert.ok(judged.state === "not seen", JSON.stringify(judged));
      assert.match(judged.note, /^Failed to fetch http:\/\/127\.0\.0\.1:9\//);
    });

    test("one without a shell is not seen", async () => {
      const judged = await ask(await baseImage("machine-ca"));
      assert.ok(judged.state === "not seen", JSON.stringify(judged));
      assert.match(judged.note, /^Error response from daemon: .*"sh"/);
    });
  },
);
