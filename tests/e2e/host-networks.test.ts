import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { Deployment } from "../support/deployment.ts";
import { freePorts } from "../support/free-ports.ts";
import { otherEngine, type OtherEngine } from "../support/other-engine.ts";

const programs = "/usr/sbin";
const missing =
  process.getuid?.() !== 0 || !existsSync(`${programs}/dockerd`)
    ? "it starts the distribution's engine, as root"
    : false;

await describe(
  "an engine whose addresses for networks are used up",
  { timeout: 600_000, skip: missing },
  () => {
    let engine: OtherEngine;
    let deployment: Deployment;

    before(async () => {
      // Four networks.
      engine = await otherEngine({ programs, pool: "base=10.201.0.0/22,size=24" });
      const [appPort = 0] = await freePorts(1);
      deployment = await Deployment.of("basic", { appPort, dockerHost: engine.host });
    });
    after(async () => {
      await engine.remove();
      deployment.discard();
    });

    /** Where the engine is: it looks at the routes there. */
    const berth = (command: string) =>
      engine.run(
        "sh",
        [
          "-c",
          'cd "$0" && exec "$@"',
          deployment.folder,
          process.execPath,
          "cli/berth.mjs",
          command,
          "--stack",
          deployment.stack,
        ],
        { BERTH_ALLOW_GENERATED_PASSPHRASE: "1" },
      );
    const make = (name: string) => engine.run("docker", ["network", "create", name]);

    test("`up` is refused before anything changes, `doctor` says the same, and Docker agrees", async () => {
      for (const name of ["one", "two", "three"]) assert.equal((await make(name)).status, 0);
      const up = await berth("up");
      assert.equal(up.status, 3, up.stdout + up.stderr);
      assert.match(
        up.stderr,
        /nothing was changed\.\n.*Networks: the stack needs 2 more networks, and Docker has addresses for 1:/,
      );
      assert.match(up.stderr, /docker network prune/);
      const { stdout: made } = await engine.run("docker", [
        "network",
        "ls",
        "--filter",
        "label=berth.stack",
        "-q",
      ]);
      assert.equal(made, "");
      const doctor = await berth("doctor");
      assert.match(doctor.stdout, /✗ Networks +the stack needs 2 more networks/);

      assert.equal((await make("four")).status, 0, "there was one more");
      assert.match(
        (await make("five")).stderr,
        /could not find an available, non-overlapping IPv4 address pool/,
      );
    });

    test("networks that are removed are free again, unless a route leads to their addresses", async () => {
      await engine.run("docker", ["network", "prune", "--force"]);
      assert.doesNotMatch((await berth("doctor")).stdout, /Networks/);
      // As a VPN does it.
      const route = ["10.201.0.0/22", "dev", "lo"];
      assert.equal((await engine.run("ip", ["route", "add", ...route])).status, 0);
      assert.match(
        (await berth("doctor")).stdout,
        /✗ Networks +the stack needs 2 more networks, and Docker has addresses for 0/,
      );
      assert.match(
        (await make("six")).stderr,
        /could not find an available, non-overlapping IPv4 address pool/,
      );
      await engine.run("ip", ["route", "delete", ...route]);
      assert.equal((await make("six")).status, 0);
    });
  },
);
