import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EdgeConfig } from "../../stacks/edge.ts";
import type { Deployment } from "./deployment.ts";
import { finish } from "./docker.ts";
import { prodDeployment } from "./prod-deployment.ts";

/** Most lines that a person may have to write. */
const mostLines = 15;

/** An application that others wrote, and a stack of two replicas that is still to be deployed. */
export interface ForeignApp {
  readonly deployment: Deployment;
  readonly edge: EdgeConfig;
  /** One of its files. */
  path(name: string): string;
  /** Changes one of its files, which makes another release. */
  change(name: string, edit: (text: string) => string): void;
  /**
   * Adopts it, and adds what a person writes into the berth.json that `adopt` has begun.
   * @param written members of the JSON, a line each
   * @returns what the command said
   */
  adopt(written?: string): Promise<string>;
}

/**
 * @param write writes the application into a folder
 * @param settings of the stack, beside the usual ones
 */
export async function foreignApp(
  write: (folder: string) => unknown,
  settings: Readonly<Record<string, string>> = {},
): Promise<ForeignApp> {
  const limits = { requestRate: "100000", requestBurst: "100000", clientConnections: "10000" };
  const small = { replicas: "2", drainTimeout: "4", bakeTime: "2" };
  const prod = await prodDeployment({ ...small, ...limits, ...settings });
  const { deployment, edge } = prod;
  const folder = "shop";
  const path = (name: string) => join(deployment.folder, folder, name);
  // Nothing but the application's own folder is the application.
  rmSync(join(deployment.folder, "app"), { recursive: true });
  mkdirSync(path(""));
  await write(path(""));
  deployment.configure({ ...prod.settings, appFolder: folder });
  const change = (name: string, edit: (text: string) => string) => {
    const before = readFileSync(path(name), "utf8");
    const after = edit(before);
    assert.notEqual(after, before, `${name} was to change`);
    writeFileSync(path(name), after);
  };
  return {
    deployment,
    edge,
    path,
    change,
    async adopt(written = "") {
      const { status, stdout, stderr } = await deployment.berth("adopt", folder, "--write");
      assert.equal(status, 0, stdout + stderr);
      if (written === "") return stdout;
      assert.ok(written.trim().split("\n").length <= mostLines);
      change("berth.json", (begun) =>
        JSON.stringify({ ...(JSON.parse(begun) as object), ...(JSON.parse(`{${written}}`) as object) }),
      );
      return stdout;
    },
  };
}

/** Writes package.json and the lockfile for it. */
export async function writePackage(folder: string, pack: Readonly<Record<string, unknown>>): Promise<void> {
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, version: "1.0.0", ...pack }));
  await writeLockfile(folder);
}

/** Writes package-lock.json for the package.json of a folder. */
export async function writeLockfile(folder: string): Promise<void> {
  const lock = ["install", "--package-lock-only", "--no-audit", "--no-fund"];
  const { status, stderr } = await finish("npm", lock, { cwd: folder });
  assert.equal(status, 0, stderr);
}
