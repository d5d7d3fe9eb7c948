import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, test, type TestContext } from "node:test";
import { baseImage, suiteImages } from "../support/base-image.ts";
import { builtEngine, engineVersion } from "../support/built-engine.ts";
import { debianEngine } from "../support/debian-engine.ts";
import { eventually } from "../support/eventually.ts";
import { otherEngine, type EngineChoice, type OtherEngine } from "../support/other-engine.ts";

/** The distribution's engine and client, which are older than the built ones. */
const olderEngine = "/usr/sbin";
const olderClient = "/usr/bin/docker";

async function started(context: TestContext, choice: EngineChoice): Promise<OtherEngine> {
  const engine = await otherEngine(choice);
  context.after(() => engine.remove());
  return engine;
}

/** What every stack needs: names on a network, a port on loopback, a volume for one user's eyes. */
async function carriesParts(engine: OtherEngine): Promise<void> {
  const [debian, redis] = await Promise.all([baseImage("debian"), baseImage("redis")]);
  await engine.take([debian, redis]);
  const docker = async (...args: string[]) => {
    const ended = await engine.run("docker", args);
    assert.equal(ended.status, 0, `docker ${args.join(" ")}: ${ended.stderr}`);
    return ended.stdout;
  };
  const hardened = ["--read-only", "--cap-drop=ALL", "--user=999:999", "--tmpfs=/tmp", "--tmpfs=/data"];
  const port = "127.0.0.1:7777:6379";
  await docker("network", "create", "inner");
  await docker(
    ...["run", "--detach", "--name=cache", "--restart=unless-stopped", "--network=inner"],
    ...[`--publish=${port}`, ...hardened, redis],
  );
  await docker(
    "run",
    "--rm",
    "--volume=kept:/kept",
    debian,
    "sh",
    "-c",
    "umask 077; id -u >/kept/own; chown 999 /kept/own /kept",
  );
  assert.equal(
    await docker(
      "run",
      "--rm",
      "--volume=kept:/kept",
      "--user=999",
      "--cap-drop=ALL",
      debian,
      "cat",
      "/kept/own",
    ),
    "0\n",
  );
  const ask = (address: string) => `exec 3<>/dev/tcp/${address}; printf 'PING\\r\\n' >&3; head -c 7 <&3`;
  await eventually(async () => {
    assert.equal(
      await docker("run", "--rm", "--network=inner", debian, "bash", "-c", ask("cache/6379")),
      "+PONG\r\n",
    );
  });
  await answers(engine);
}

/** A whole stack: its image, a release, nothing to do after it. */
async function carriesStack(engine: OtherEngine, { signal }: TestContext): Promise<void> {
  await engine.take(await Promise.all(suiteImages.map(baseImage)));
  await engine.passes("e2e/stack-basic", signal);
}

/** The cache answers on the port that it publishes. */
async function answers(engine: OtherEngine): Promise<void> {
  await eventually(async () => {
    const script = "exec 3<>/dev/tcp/127.0.0.1/7777; printf 'PING\\r\\n' >&3; head -c 7 <&3";
    assert.equal((await engine.run("bash", ["-c", script])).stdout, "+PONG\r\n");
  });
}

await describe(`Docker Engine ${engineVersion} with other settings`, { timeout: 3_600_000 }, () => {
  let programs: string;

  before(async () => {
    programs = await builtEngine((line) => {
      console.log(line);
    });
  });

  test("the engine and the client of the base images' Debian", async (t) => {
    const engine = await started(t, { programs: await debianEngine() });
    const versions = "{{.Client.Version}} on {{.Server.Version}}";
    const { stdout } = await engine.run("docker", ["version", "--format", versions]);
    t.diagnostic(stdout.trim());
    assert.doesNotMatch(stdout, new RegExp(`on ${engineVersion}`));
    await carriesParts(engine);
    await carriesStack(engine, t);
  });

  test(
    "nftables instead of iptables",
    { skip: !existsSync("/usr/sbin/nft") && "nft is not here" },
    async (t) => {
      const engine = await started(t, { programs, settings: { "firewall-backend": "nftables" } });
      const { stdout } = await engine.run("docker", ["info", "--format", "{{.FirewallBackend.Driver}}"]);
      assert.equal(stdout.trim(), "nftables");
      await carriesParts(engine);
      await carriesStack(engine, t);
    },
  );

  test("users of containers are others on the host", async (t) => {
    const engine = await started(t, { programs, settings: { "userns-remap": "default" } });
    const { stdout } = await engine.run("docker", ["info", "--format", "{{json .SecurityOptions}}"]);
    assert.match(stdout, /name=userns/);
    await carriesParts(engine);
    await carriesStack(engine, t);
  });

  test(
    "an older engine's data is taken over, and its containers start again",
    { skip: !existsSync(join(olderEngine, "dockerd")) && "the distribution's engine is not here" },
    async (t) => {
      const engine = await started(t, { programs: olderEngine, client: programs });
      const version = async () =>
        (await engine.run("docker", ["version", "--format", "{{.Server.Version}}"])).stdout.trim();
      const before = await version();
      assert.notEqual(before, engineVersion);
      await carriesParts(engine);
      await engine.restart(programs);
      t.diagnostic(`${before} → ${await version()}`);
      assert.equal(await version(), engineVersion);
      await answers(engine);
      const kept = await engine.run("docker", [
        ...["run", "--rm", "--volume=kept:/kept", await baseImage("debian"), "cat", "/kept/own"],
      ]);
      assert.equal(kept.stdout, "0\n", kept.stderr);
      await carriesStack(engine, t);
    },
  );

  test(
    "a client that the engine refuses is named as what has to be replaced",
    { skip: !existsSync(olderClient) && "the distribution's client is not here" },
    async (t) => {
      // As 29.0 had it.
      const engine = await started(t, { programs, settings: { "min-api-version": "1.44" } });
      const client = mkdtempSync(join(tmpdir(), "berth-client-"));
      t.after(() => {
        rmSync(client, { recursive: true });
      });
      symlinkSync(olderClient, join(client, "docker"));
      const { status, stdout } = await engine.run(process.execPath, ["cli/berth.mjs", "doctor"], {
        PATH: `${client}:${process.env["PATH"] ?? ""}`,
      });
      assert.equal(status, 3, stdout);
      assert.match(stdout, /client version 1\.\d+ is too old/);
      assert.match(stdout, /The docker command is too old for the engine/);
    },
  );
});
