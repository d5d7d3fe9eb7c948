import assert from "node:assert/strict";
import type { Registered } from "./mock-engine.ts";

export const containerType = "docker:index/container:Container";
const commandType = "command:local:Command";

/** The resources of one type. */
export function ofType(registered: readonly Registered[], type: string): readonly Registered[] {
  return registered.filter((resource) => resource.type === type);
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
    assert.deepEqual(container.replaceOnChanges, ["healthcheck", "tmpfs", "init"], name);
    assert.deepEqual(
      container.secrets,
      [],
      `${name}: no input of a container is secret, because every one shows in docker inspect`,
    );
    const generated = JSON.stringify(inputs).includes("-generated");
    assert.equal(generated, false, `${name}: no generated password is an input`);
  }
  const carriers = ofType(registered, commandType).filter(({ secrets }) => secrets.includes("stdin"));
  assert.ok(carriers.length >= 3, "secret files of database and application, and the roles");
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
