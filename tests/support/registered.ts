import assert from "node:assert/strict";
import type { Registered } from "./mock-engine.ts";

export const containerType = "docker:index/container:Container";
const commandType = "command:local:Command";

/** The resources of one type. */
export function ofType(registered: readonly Registered[], type: string): readonly Registered[] {
  return registered.filter((resource) => resource.type === type);
}

/** Options that open the host to a container, or take one of the engine's own guards away. */
const opening = [
  "privileged",
  "devices",
  "ipcMode",
  "networkMode",
  "pidMode",
  "usernsMode",
  "cgroupnsMode",
  "ulimits",
];

/** Images whose own user is no administrator. */
const withUser = ["adminer"];

/** What a container has of its host: volumes of its own, and sources in development. */
function assertApart({ name, inputs }: Registered): void {
  for (const option of opening) assert.equal(inputs[option], undefined, `${name}: ${option}`);
  const mounts = (inputs["mounts"] ?? []) as {
    type: string;
    source: string;
    target: string;
    readOnly?: boolean;
  }[];
  for (const { type, target, readOnly, ...mount } of mounts) {
    assert.ok(
      type === "volume" || (type === "bind" && target.endsWith("/src") && readOnly === true),
      `${name}: ${target}`,
    );
    assert.ok(!("bindOptions" in mount), `${name}: propagation of ${target}`);
  }
  assert.doesNotMatch(JSON.stringify(inputs), /docker\.sock/, name);
  assert.ok(((inputs["networksAdvanced"] ?? []) as unknown[]).length > 0, `${name}: a network of its own`);
  const user = inputs["user"];
  if (withUser.includes(name)) assert.equal(user, undefined);
  else assert.match(String(user), /^[1-9]\d*:[1-9]\d*$/, `${name}: user`);
}

/** What containers of the application log in to the database as. */
export function databaseUsers(registered: readonly Registered[]): readonly string[] {
  const told = ofType(registered, containerType).flatMap(({ inputs }) => (inputs["envs"] ?? []) as string[]);
  return [...new Set(told.filter((entry) => entry.startsWith("DATABASE_USER=")))];
}

/** What has to hold for the containers and secrets of every stack. */
export function assertPolicies(registered: readonly Registered[]): void {
  for (const container of ofType(registered, containerType)) {
    const { name, inputs } = container;
    assert.deepEqual(inputs["capabilities"], { drops: ["ALL"] }, name);
    assert.deepEqual(inputs["securityOpts"], ["no-new-privileges"], name);
    assert.equal(inputs["readOnly"], true, name);
    assert.ok(Number(inputs["memory"]) > 0, name);
    assert.equal(inputs["memorySwap"], inputs["memory"], name);
    assert.ok(inputs["healthcheck"], name);
    assert.ok(Number(inputs["cpuShares"]) > 0, name);
    assert.ok(Number(inputs["destroyGraceSeconds"]) > 0, name);
    assert.equal(inputs["restart"], "unless-stopped", name);
    assert.ok(inputs["logOpts"], name);
    assertApart(container);
    assert.deepEqual(container.replaceOnChanges, ["healthcheck", "tmpfs", "init"], name);
    assert.deepEqual(
      container.secrets,
      [],
      `${name}: no input of a container is secret, because every one shows in docker inspect`,
    );
    const generated = JSON.stringify(inputs).includes("-generated");
    assert.equal(generated, false, `${name}: no generated password is an input`);
  }
  if (ofType(registered, containerType).some(({ name }) => name === "postgres")) {
    const carriers = ofType(registered, commandType).filter(({ secrets }) => secrets.includes("stdin"));
    assert.ok(carriers.length >= 3, "secret files of database and application, and the roles");
  }
  for (const command of ofType(registered, commandType)) {
    const { stdin, ...shown } = command.inputs;
    assert.ok(
      !JSON.stringify(shown).includes("-generated"),
      `${command.name}: secrets travel on standard input only`,
    );
    if (JSON.stringify(stdin ?? "").includes("-generated"))
      assert.ok(command.secrets.includes("stdin"), command.name);
  }
  for (const resource of registered) {
    const top = resource.type.startsWith("berth:") || resource.type.startsWith("pulumi:providers:");
    if (!top && resource.name !== "session-key")
      assert.match(resource.parent, /berth:index:/, `${resource.name} belongs to a component`);
  }
}
