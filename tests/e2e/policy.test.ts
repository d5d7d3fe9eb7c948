import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Deployment } from "../support/deployment.ts";
import { docker, finish } from "../support/docker.ts";
import { freePorts } from "../support/free-ports.ts";

const pack = "policy/berth-policy";

await describe("a program that breaks a rule of policy/", { timeout: 900_000 }, () => {
  let deployment: Deployment;

  before(async () => {
    const [appPort = 0] = await freePorts(1);
    deployment = await Deployment.of("basic", { appPort });
    deployment.edit("infra/policy/container-defaults.ts", (text) =>
      text.replace('restart: "unless-stopped"', 'restart: "no"'),
    );
  });
  after(async () => {
    await deployment.remove();
  });

  test("up refuses it before anything is made, and names rule, resources and fix", async () => {
    const { status, stdout, stderr } = await deployment.berth("up", "--stack", deployment.stack);
    assert.equal(status, 1, stdout + stderr);
    assert.match(stderr, /Nothing was changed\./);
    for (const name of ["app-1", "postgres"])
      assert.match(
        stderr,
        new RegExp(`- ${name} stays down .* Set restart to unless-stopped. \\(mandatory: restart\\)`),
      );
    for (const kind of ["ps -aq", "volume ls -q", "network ls -q"])
      assert.equal(await docker([...kind.split(" "), ...deployment.labels()]), "", kind);
  });

  test("the pack alone finds it in a preview of plain Pulumi", async () => {
    const { status, stdout } = await deployment.pulumi("preview", "--policy-pack", pack);
    assert.notEqual(status, 0, stdout);
    assert.match(stdout, /\[mandatory\] +restart +\(docker:index:Container: app-1\)/);
    assert.match(stdout, /app-1 stays down once it has ended/);
  });

  test("the pack alone finds it in a state", async () => {
    const { steps } = JSON.parse(
      readFileSync(join(import.meta.dirname, "../unit/recorded/prod-plan.json"), "utf8"),
    ) as {
      steps: { urn: string; newState: { type: string; inputs: Record<string, unknown> } }[];
    };
    const analyzed = async (change: Record<string, unknown>) => {
      const resources = steps.map(({ newState, urn }) => {
        const inputs = urn.endsWith("::worker") ? { ...newState.inputs, ...change } : newState.inputs;
        return { ...newState, urn, custom: true, id: urn, inputs, outputs: inputs };
      });
      const manifest = { time: new Date().toISOString(), magic: "", version: "" };
      writeFileSync(
        join(deployment.folder, "state.json"),
        JSON.stringify({ version: 3, deployment: { manifest, resources } }),
      );
      return finish(
        "bash",
        [
          "-c",
          'eval "$("$0" cli/berth.mjs env --stack "$1")" && pulumi policy analyze --color never --file state.json --policy-pack "$2"',
          process.execPath,
          deployment.stack,
          pack,
        ],
        { cwd: deployment.folder, env: { BERTH_ALLOW_GENERATED_PASSPHRASE: "1" } },
      );
    };
    const whole = await analyzed({});
    assert.equal(whole.status, 0, whole.stdout + whole.stderr);
    const broken = await analyzed({ privileged: true });
    assert.notEqual(broken.status, 0, broken.stdout);
    assert.match(broken.stdout, /worker has privileged: leave it out/);
  });
});
