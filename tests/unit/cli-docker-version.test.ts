import assert from "node:assert/strict";
import { test } from "node:test";
import { answers, parseDockerInfo } from "../../cli/docker/docker-info.ts";
import { dockerRemedy } from "../../cli/docker/docker-remedy.ts";
import { dockerVersionFinding } from "../../cli/host-checks/docker-version.ts";
import { infoOf } from "../support/recorded-docker-info.ts";

test("an old client's reasons are read from its JSON, not from its exit code", () => {
  const refused = "client version 1.41 is too old. Minimum supported API version is 1.44";
  const asked = parseDockerInfo(JSON.stringify({ ServerVersion: "", ServerErrors: [`Error: ${refused}`] }));
  assert.deepEqual(asked, { missing: false, message: `Error: ${refused}` });
  assert.ok(!answers(asked));
  const remedy = dockerRemedy({
    failure: asked,
    host: undefined,
    root: true,
    distribution: ["debian"],
    installed: true,
    systemd: true,
  });
  // Neither "check that it runs" nor a second engine: the one that answered runs.
  assert.ok(remedy.kind === "explain");
  assert.match(remedy.message, /docker command is too old for the engine/);
});

test("distinguishes a client without a message from one with reasons", () => {
  assert.deepEqual(parseDockerInfo("", "Cannot connect to the Docker daemon\n"), {
    missing: false,
    message: "Cannot connect to the Docker daemon",
  });
  assert.deepEqual(parseDockerInfo(""), { missing: false, message: "no answer within 20 s" });
});

test("engines older than the oldest tested one are named", () => {
  assert.equal(
    dockerVersionFinding(infoOf()).text,
    "engine 20.10.24+dfsg1 on debian-12: image store overlay2, cgroup v1",
  );
  assert.equal(dockerVersionFinding(infoOf()).state, "ok");
  assert.equal(dockerVersionFinding(infoOf({ ServerVersion: "dev" })).state, "ok");
  assert.equal(dockerVersionFinding(infoOf({ ServerVersion: "19.03.15" })).state, "warning");
});

test("an engine is shown with its image store, its cgroups, its packet filter and remapped users", () => {
  // What 29.8.1 answered.
  const newer = {
    ServerVersion: "29.8.1",
    Driver: "overlayfs",
    DriverStatus: [["driver-type", "io.containerd.snapshotter.v1"]],
    CgroupVersion: "2",
    FirewallBackend: { Driver: "nftables", Info: [["EnableUserlandProxy", "true"]] },
  };
  assert.equal(
    dockerVersionFinding(infoOf(newer)).text,
    "engine 29.8.1 on debian-12: containerd's image store, cgroup v2, nftables",
  );
  const remapped = infoOf({ SecurityOptions: ["name=seccomp,profile=builtin", "name=userns"] });
  assert.match(dockerVersionFinding(remapped).text, /, remapped users$/);
});
