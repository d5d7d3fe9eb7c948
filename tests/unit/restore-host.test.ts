import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { emptyHostProblems } from "../../cli/deploy/empty-host.ts";
import { withMadeValues, withoutResources } from "../../cli/state/made-values.ts";

const root = "urn:pulumi:prod::berth::pulumi:pulumi:Stack::berth-prod";
const provider = (name: string, id: string) => ({
  urn: `urn:pulumi:prod::berth::pulumi:providers:${name}::default`,
  type: `pulumi:providers:${name}`,
  custom: true,
  id,
});
const keys = "urn:pulumi:prod::berth::berth:index:SessionKeys::session-keys";
const part = { urn: keys, type: "berth:index:SessionKeys", custom: false, parent: root };
const child = (type: string, name: string, more: Record<string, unknown> = {}) => ({
  urn: `urn:pulumi:prod::berth::berth:index:SessionKeys$${type}::${name}`,
  type,
  custom: true,
  id: name,
  parent: keys,
  provider: `${provider(type.split(":")[0] ?? "", "lost").urn}::lost`,
  ...more,
});
const rotation = child("command:local:Command", "session-keys-rotation");
const key = child("random:index/randomPassword:RandomPassword", "session-keys-1", {
  outputs: { result: "v1:sealed" },
  dependencies: [rotation.urn, "urn:of:a:container"],
  propertyDependencies: { keepers: [rotation.urn, "urn:of:a:container"] },
});
const container = child("docker:index/container:Container", "app");
const state = (resources: readonly unknown[], salt = "one") =>
  JSON.stringify({
    version: 3,
    deployment: { secrets_providers: { type: "passphrase", state: { salt } }, resources },
  });
const fresh = [
  { urn: root, type: "pulumi:pulumi:Stack", custom: false },
  provider("random", "new"),
  provider("command", "new"),
];

interface Imported {
  deployment: { resources: { urn: string; provider?: string; dependencies?: string[]; outputs?: unknown }[] };
}

describe("values that a lost state had made", () => {
  const lost = [fresh[0], part, provider("docker", "lost"), container, rotation, key];

  test("go on behind their parents, with the new providers, and without what stood on the host", () => {
    const { adopted, text } = withMadeValues(state(fresh), state(lost));
    const { resources } = (JSON.parse(text) as Imported).deployment;
    assert.equal(adopted, 2);
    assert.deepEqual(
      resources.map(({ urn }) => urn),
      [...fresh.map(({ urn }) => urn), part.urn, rotation.urn, key.urn],
    );
    const made = resources.at(-1);
    assert.equal(made?.provider, `${provider("random", "new").urn}::new`);
    assert.deepEqual(made.dependencies, [rotation.urn]);
    assert.deepEqual(made.outputs, { result: "v1:sealed" });
  });

  test("stay away if the new state has them, or is encrypted otherwise", () => {
    const own = { ...key, outputs: { result: "v1:own" }, dependencies: [] };
    const { adopted, text } = withMadeValues(state([...fresh, part, rotation, own]), state(lost));
    assert.equal(adopted, 0);
    assert.ok(text.includes("v1:own") && !text.includes("v1:sealed"));
    const other = withMadeValues(state(fresh), state(lost, "two"));
    assert.deepEqual([other.adopted, other.readable, other.text], [0, false, state(fresh)]);
  });

  test("a state without its resources keeps how it is encrypted", () => {
    const { deployment } = JSON.parse(withoutResources(state(lost))) as Imported;
    assert.deepEqual(deployment, { ...deployment, resources: [] });
    assert.ok(JSON.stringify(deployment).includes("salt"));
  });
});

describe("a host that a stack is had back on", () => {
  const facts = {
    stack: "prod",
    backupTo: ["volume", "s3"],
    hasKey: true,
    serving: [],
    foreignVolume: undefined,
  };

  test("is empty, and settings name a repository elsewhere and the key", () => {
    assert.deepEqual(emptyHostProblems(facts), []);
  });

  test("is refused with everything that is wrong, and what to do", () => {
    const problems = emptyHostProblems({
      ...facts,
      backupTo: ["volume"],
      hasKey: false,
      serving: ["app", "nginx"],
      foreignVolume: "berth-prod-postgres",
    }).join("\n");
    for (const said of [
      /app, nginx are on this engine.*berth up --stack prod.*berth restore --to latest --stack prod/,
      /docker volume rm berth-prod-postgres/,
      /backupTo: .*pulumi config set backupTo s3 --stack prod/,
      /backupKey: .*--backup-key FILE/,
    ])
      assert.match(problems, said);
    assert.match(emptyHostProblems({ ...facts, backupTo: undefined }).join(), /backups true --stack prod/);
  });
});
