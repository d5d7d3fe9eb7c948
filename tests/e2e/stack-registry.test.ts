import assert from "node:assert/strict";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Deployment } from "../support/deployment.ts";
import { docker, finish } from "../support/docker.ts";
import { freePorts } from "../support/free-ports.ts";
import { imageRegistry } from "../support/image-registry.ts";
import { assertSecrecy } from "../support/secrecy.ts";

interface Listed {
  readonly release: string;
  readonly image: string;
  readonly imageId: string;
}

// The engine has to reach this machine's loopback.
const remote = /^(ssh|tcp):/.test(process.env["DOCKER_HOST"] ?? "");
const registry = remote ? new Error("the engine is on another machine") : await imageRegistry();

/**
 * Containerd's image store keeps what a container uses though its name is taken away, and asks no
 * registry for what it has: whether one is asked shows on the other store alone.
 */
const store = await finish("docker", ["info", "--format", "{{json .DriverStatus}}"]);
const forgets = !store.stdout.includes("io.containerd.snapshotter.v1");

await describe(
  "an image that is built once and promoted by its digest",
  { timeout: 600_000, skip: registry instanceof Error && registry.message },
  () => {
    assert.ok(!(registry instanceof Error));
    const repository = `${registry.address}/team/shop`;
    const ports = new Map<Deployment, number>();
    let staging: Deployment;
    let production: Deployment;
    /** Stacks that are still there. */
    const left = new Set<Deployment>();
    /** An image of the same repository that another builder has pushed, by its digest. */
    let other = "";
    /** Prints the password, as a cloud's own client prints one that expires. */
    const passwords = mkdtempSync(join(tmpdir(), "berth-password-"));
    const passwordCommand = `cat ${join(passwords, "password")}`;
    const account = { registryUser: registry.user, registryPasswordCommand: passwordCommand };
    /** Public key, as a settings file has it on one line. */
    let releaseKey = "";
    /** All that was ever printed. */
    let said = "";

    const berth = async (deployment: Deployment, ...args: string[]) => {
      const { status, stdout, stderr } = await deployment.berth(...args, "--stack", deployment.stack);
      said += stdout + stderr;
      return { status, stdout, text: stdout + stderr };
    };
    const done = async (deployment: Deployment, ...args: string[]) => {
      const { status, stdout, text } = await berth(deployment, ...args);
      assert.equal(status, 0, text);
      return stdout;
    };
    const present = async (deployment: Deployment) => {
      const [newest] = JSON.parse(await done(deployment, "releases", "--json")) as Listed[];
      assert.ok(newest);
      return newest;
    };
    const serving = async (deployment: Deployment) => {
      const answer = await fetch(`http://127.0.0.1:${ports.get(deployment) ?? 0}/health/ready`);
      assert.equal(answer.status, 200);
      return answer.headers.get("x-release");
    };
    const logIn = (deployment: Deployment) =>
      deployment.set("registryPassword", registry.password, "--secret");
    /** Runs one of the program's own commands as the engine would. */
    const command = (deployment: Deployment, script: string, env: Record<string, string>, stdin = "") =>
      finish(process.execPath, [`infra/commands/${script}.ts`], {
        cwd: deployment.folder,
        env: { PROJECT: "berth", STACK: deployment.stack, SECRETS: "", KEEP: "1", ...env },
        stdin,
      });
    const imageOf = (release: string | null) => release?.split("-")[0];
    const pulls = () =>
      registry
        .log()
        .split("\n")
        .filter((line) => line.includes("method=GET") && line.includes("/manifests/sha256:")).length;

    before(async () => {
      writeFileSync(join(passwords, "password"), `${registry.password}\n`, { mode: 0o600 });
      const [one = 0, two = 0] = await freePorts(2);
      staging = await Deployment.of("basic", {
        appPort: one,
        registry: repository,
        registryUser: registry.user,
      });
      production = await Deployment.of("basic", { appPort: two, keepReleases: 2 });
      ports.set(staging, one).set(production, two);
      left.add(production).add(staging);
      // One checkout has the settings of both; its own copy has the sources.
      const file = `Pulumi.${staging.stack}.yaml`;
      copyFileSync(join(staging.folder, file), join(production.folder, file));
    });
    after(async () => {
      for (const deployment of left) await deployment.remove();
      await registry.stop();
      rmSync(passwords, { recursive: true });
    });

    test("is pushed by `up`, and deployed by its digest; the next `up` has nothing to do", async () => {
      await logIn(staging);
      await done(staging, "up");
      const { image, release } = await present(staging);
      assert.match(image, new RegExp(`^${repository}:[0-9a-f]{12}@sha256:[0-9a-f]{64}$`));
      assert.equal(release, await serving(staging));
      await done(staging, "preview", "--refresh", "--expect-no-changes");
    });

    test("is not promoted without the login, from a stack that has none, or by a tag", async () => {
      const from = (source: string) => berth(production, "promote", source, "--yes");
      const refusals = [
        [staging.stack, /registryUser: stack .* logs in .*Fix: pulumi config set registryUser/],
        [production.stack, /runs its own image/],
        [`${repository}:latest`, /names no image by its digest/],
        ["prod", /Stack prod has no recorded release/],
        ["dev", /Stack dev runs the sources of app\//],
      ] as const;
      for (const [source, reason] of refusals) {
        const { status, text } = await from(source);
        assert.equal(status, 2, text);
        assert.match(text, reason);
      }
      assert.deepEqual(await production.containers("app"), []);
    });

    test("is not promoted unsigned, or signed by another key, to a stack that insists on a signature", async () => {
      const [right, wrong] = ["right", "wrong"].map((name) => {
        const pair = generateKeyPairSync("ed25519", {
          publicKeyEncoding: { type: "spki", format: "pem" },
          privateKeyEncoding: { type: "pkcs8", format: "pem" },
        });
        const file = join(passwords, `${name}.pem`);
        writeFileSync(file, pair.privateKey, { mode: 0o600 });
        return { file, publicKey: pair.publicKey };
      });
      releaseKey = (right?.publicKey ?? "").replaceAll("\n", "\\n");
      production.configure({ shape: "basic", appPort: ports.get(production) ?? 0, ...account, releaseKey });
      const refused = async (source: string, reason: RegExp) => {
        const { status, text } = await berth(production, "promote", source, "--yes");
        assert.equal(status, 2, text);
        assert.match(text, reason);
      };
      await refused(
        staging.stack,
        /^releaseKey: .* it is not signed\. Fix: npx berth sign --key FILE --stack/m,
      );
      await done(staging, "sign", "--key", wrong?.file ?? "");
      await refused(staging.stack, /^releaseKey: .* its signature is by another key/m);
      await refused((await present(staging)).image, /^releaseKey: .* Fix: name the stack that runs/m);
      await done(staging, "sign", "--key", right?.file ?? "");
    });

    test("runs in the next stack as the same image, which its engine pulls with the password that a command prints", async () => {
      const appPort = ports.get(production) ?? 0;
      production.configure({ shape: "basic", appPort, keepReleases: 2, ...account, releaseKey });
      const promoted = await present(staging);
      // As on an engine that never had it.
      await docker(["image", "rm", "--force", promoted.image.split("@")[0] ?? ""]);
      const before = pulls();
      await done(production, "promote", staging.stack, "--yes");
      if (forgets) assert.ok(pulls() > before, "the registry was asked");
      const deployed = await present(production);
      assert.deepEqual([deployed.image, deployed.imageId], [promoted.image, promoted.imageId]);
      const [there, here] = [await production.containers("app"), await staging.containers("app")];
      assert.equal(there[0]?.Image, here[0]?.Image);
      // Only settings differ: the second half of a release's name.
      assert.equal(imageOf(await serving(production)), imageOf(await serving(staging)));
      await done(production, "preview", "--refresh", "--expect-no-changes");
      assert.equal((await production.pulumi("config", "rm", "releaseKey")).status, 0);
    });

    test("is pulled from the registry if it was built twice, and a missing login is named", async () => {
      const { image } = await present(staging);
      const [name = "", digest = ""] = image.split("@");
      await docker(["image", "rm", "--force", name]);
      const push = (env: Record<string, string>, stdin = "") =>
        command(staging, "push-image", { IMAGE: name, ...env }, stdin);
      const adopted = await push({ REGISTRY_USER: registry.user }, registry.password);
      assert.deepEqual([adopted.status, adopted.stdout], [0, digest]);
      if (forgets) assert.match(adopted.stderr, /is in the registry already: pulling it/);
      const printed = (text: string) =>
        push({ REGISTRY_USER: registry.user, REGISTRY_PASSWORD_COMMAND: text }, "nothing that is read");
      assert.equal((await printed(passwordCommand)).stdout, digest);
      const silent = await printed("echo 'the session has expired' >&2; exit 3");
      assert.equal(silent.status, 1);
      assert.match(silent.stderr, /^registryPasswordCommand: it ended with 3: the session has expired\./m);
      await docker(["tag", image, name]);
      const refused = await push({});
      assert.equal(refused.status, 1);
      assert.match(
        refused.stderr,
        /^registry: .* cannot be pushed: .*no basic auth.*Fix: pulumi config set registryUser/m,
      );
    });

    test("is gone back to, after the image of another builder by its digest", async () => {
      const [first, { image }] = [await serving(production), await present(production)];
      const name = `${repository}:${randomBytes(6).toString("hex")}`;
      const dockerfile = `FROM ${image}\nLABEL builder=another\n`;
      await docker(["build", "--quiet", "--tag", name, "-"], dockerfile);
      const login = { REGISTRY_USER: registry.user };
      const pushed = await command(staging, "push-image", { IMAGE: name, ...login }, registry.password);
      assert.equal(pushed.status, 0, pushed.stderr);
      other = `${name}@${pushed.stdout}`;
      await done(production, "promote", other, "--yes");
      assert.equal(imageOf(await serving(production)), name.split(":").at(-1));
      // After any clean-up the registry still has it.
      await docker(["image", "rm", "--force", image.split("@")[0] ?? ""]);
      await done(production, "rollback", "--yes");
      assert.equal(await serving(production), first);
    });

    test("stays on the engine while any stack has it on record, and is then removed under all of its names", async () => {
      await docker(["image", "inspect", other]);
      for (const deployment of [production, staging]) {
        const { image, release } = await present(deployment);
        const pruned = await command(deployment, "record-release", { IMAGE: image, RELEASE: release });
        assert.deepEqual([pruned.status, pruned.stderr], [0, ""]);
        await docker(["image", "inspect", image]);
      }
      await assert.rejects(docker(["image", "inspect", other]), /No such image/);
    });

    test("is refused if it does not work with the schema", async () => {
      const { image, ...rest } = await present(production);
      assert.equal((await command(production, "check-schema", { IMAGE: image })).status, 0);
      const record = { ...rest, image, at: new Date().toISOString(), breaking: ["20991231_contract"] };
      const labels = [
        "berth.project=berth",
        `berth.stack=${production.stack}`,
        `berth.record=${JSON.stringify(record)}`,
      ];
      await docker(["volume", "create", ...labels.flatMap((label) => ["--label", label])]);
      const refused = await command(production, "check-schema", { IMAGE: image });
      assert.equal(refused.status, 1);
      assert.match(
        refused.stderr,
        /^appImage: .* no longer works with the current schema: 20991231_contract/,
      );
    });

    test("runs under its stack's name for one state alone", async () => {
      const asked = (networks: string) =>
        finish("sh", ["infra/commands/check-owner.sh"], {
          cwd: production.folder,
          env: { STACK: production.stack, NETWORKS: networks },
        });
      const ids = await docker(["network", "ls", "--quiet", "--no-trunc", ...production.labels()]);
      assert.equal((await asked(ids.split("\n").join(" "))).status, 0);
      const { status, stderr } = await asked("another");
      assert.equal(status, 1);
      assert.match(stderr, /deployed with another state.*postgres.*docker rm --force/s);
    });

    test("keeps the registry's password to itself", async () => {
      const encoded = Buffer.from(`${registry.user}:${registry.password}`).toString("base64");
      for (const deployment of [staging, production])
        await assertSecrecy(deployment, [registry.password, encoded]);
      assert.ok(said.length > 1000 && !said.includes(registry.password) && !said.includes(encoded));
    });

    test("goes with the last stack that needs it", async () => {
      const { image, imageId } = await present(staging);
      await production.remove();
      left.delete(production);
      await docker(["image", "inspect", image]);
      await staging.remove();
      left.delete(staging);
      await assert.rejects(docker(["image", "inspect", imageId]), /No such image/);
    });
  },
);
