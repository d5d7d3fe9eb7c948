import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { randomBytes } from "node:crypto";
import {
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { registerTestStack } from "../../cli/testing/test-run.ts";
import type { StackKind } from "../../stacks/stack-config.ts";
import { docker, finish, type Finished } from "./docker.ts";

const root = join(import.meta.dirname, "../..");

/**
 * A copy of the checkout, so that tests may change sources and settings. Dependencies are shared.
 */
export async function copyCheckout(folder: string): Promise<void> {
  await copySources(folder);
  for (const modules of dependencyFolders) symlinkSync(join(root, modules), join(folder, modules));
}

const dependencyFolders = ["node_modules", "app/node_modules"];

/** A copy of the checkout that has dependencies of its own, as if they had just been installed. */
export async function cloneCheckout(folder: string): Promise<void> {
  await copySources(folder);
  // Links take no time; a new installation removes them and leaves the files of this checkout
  // alone.
  for (const modules of dependencyFolders) {
    const { status, stderr } = await finish("cp", ["-al", join(root, modules), join(folder, modules)]);
    assert.equal(status, 0, stderr);
  }
}

async function copySources(folder: string): Promise<void> {
  const listed = await finish("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], {
    cwd: root,
  });
  assert.equal(listed.status, 0, listed.stderr);
  for (const path of listed.stdout.split("\0").filter((name) => name !== "")) {
    if (lstatSync(join(root, path), { throwIfNoEntry: false }) === undefined) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(join(root, path), join(folder, path), { verbatimSymlinks: true });
  }
}

/** A stack of a test's own: own name, own state, own copy of the checkout. */
export class Deployment {
  readonly folder: string;
  readonly stack: string;
  /** Environment in which plain `pulumi` works on this stack. */
  #pulumiEnvironment: Record<string, string> | undefined;
  readonly #forget: () => void;

  private constructor(folder: string, stack: string, forget: () => void) {
    this.folder = folder;
    this.stack = stack;
    this.#forget = forget;
  }

  /**
   * @param settings of the `berth` namespace; ports have to be free ones
   * @param source folder of another version to deploy, which installs its own dependencies; this
   * checkout by default
   */
  static async of(
    shape: StackKind,
    settings: Record<string, string | number>,
    source?: string,
  ): Promise<Deployment> {
    const folder = mkdtempSync(join(tmpdir(), "berth-e2e-"));
    const stack = `e2e-${shape}-${randomBytes(3).toString("hex")}`;
    const deployment = new Deployment(folder, stack, registerTestStack({ stack, paths: [folder] }));
    if (source === undefined) await copyCheckout(folder);
    else cpSync(source, folder, { recursive: true, verbatimSymlinks: true });
    deployment.configure({ shape, ...settings });
    return deployment;
  }

  /** Replaces the stack's settings; Pulumi's own lines (the salt) stay. */
  configure(settings: Record<string, string | number>): void {
    const file = join(this.folder, `Pulumi.${this.stack}.yaml`);
    const before = lstatSync(file, { throwIfNoEntry: false }) === undefined ? "" : readFileSync(file, "utf8");
    const kept = before.split("\n").filter((line) => line.startsWith("encryptionsalt:"));
    const lines = Object.entries(settings).map(([key, value]) => `  berth:${key}: "${value}"`);
    writeFileSync(file, [...kept, "config:", ...lines, ""].join("\n"));
  }

  /**
   * Changes a file of the copy.
   * @returns takes the change back
   */
  edit(path: string, change: (text: string) => string): () => void {
    const file = join(this.folder, path);
    const before = readFileSync(file, "utf8");
    const after = change(before);
    assert.notEqual(after, before, `${path} was to change`);
    writeFileSync(file, after);
    return () => {
      writeFileSync(file, before);
    };
  }

  /** Runs the wrapper in the copy, with variables of its own if given. */
  berth(...args: (string | Readonly<Record<string, string>>)[]): Promise<Finished> {
    const words = args.filter((arg) => typeof arg === "string");
    const env = Object.assign({}, ...args.filter((arg) => typeof arg !== "string")) as Record<string, string>;
    return finish(process.execPath, ["cli/berth.mjs", ...words], {
      cwd: this.folder,
      env: { BERTH_ALLOW_GENERATED_PASSPHRASE: "1", ...env },
    });
  }

  /** Deploys with the wrapper, and fails the test with what it said if it does not succeed. */
  async up(...args: string[]): Promise<string> {
    const { stdout, stderr } = await this.mustRun("up", ...args);
    return `${stdout}\n${stderr}`;
  }

  /**
   * Runs a command of the wrapper on the stack, and fails the test with what it said if it does not
   * succeed.
   */
  async mustRun(...args: (string | Readonly<Record<string, string>>)[]): Promise<Finished> {
    const ran = await this.berth(...args, "--stack", this.stack);
    assert.equal(ran.status, 0, `${ran.stdout}\n${ran.stderr}`);
    return ran;
  }

  /**
   * Deploys with the wrapper, and ends it by SIGKILL with everything that it has started.
   * @param moment ends when it is time
   * @returns whether it was still running then
   */
  async killedUp(moment: () => Promise<unknown>): Promise<boolean> {
    return this.killed(["up"], moment);
  }

  /**
   * Runs the wrapper on the stack, and ends it by SIGKILL with everything that it has started.
   * @param moment ends when it is time
   * @returns whether it was still running then
   */
  async killed(args: readonly string[], moment: () => Promise<unknown>): Promise<boolean> {
    const child = spawn(process.execPath, ["cli/berth.mjs", ...args, "--stack", this.stack], {
      cwd: this.folder,
      env: { ...process.env, BERTH_ALLOW_GENERATED_PASSPHRASE: "1" },
      stdio: "ignore",
      detached: true,
    });
    const exit = once(child, "exit");
    await Promise.race([moment(), exit]);
    const running = child.exitCode === null;
    if (running) process.kill(-(child.pid ?? assert.fail("it was started")), "SIGKILL");
    await exit;
    return running;
  }

  /** Runs plain Pulumi, as someone without the wrapper would. */
  async pulumi(...args: string[]): Promise<Finished> {
    return this.#pulumi(args);
  }

  /**
   * Sets one setting beside those of {@link configure}, over standard input as secrets should be.
   */
  async set(key: string, value: string, kind: "--secret" | "--plaintext"): Promise<void> {
    const { status, stderr } = await this.#pulumi(["config", "set", kind, key], value);
    assert.equal(status, 0, stderr);
  }

  async #pulumi(args: readonly string[], stdin = ""): Promise<Finished> {
    this.#pulumiEnvironment ??= await this.#exported();
    return finish("pulumi", [...args, "--stack", this.stack, "--non-interactive", "--color", "never"], {
      cwd: this.folder,
      env: this.#pulumiEnvironment,
      stdin,
    });
  }

  /** What `berth env` tells a shell. */
  async #exported(): Promise<Record<string, string>> {
    const { status, stdout, stderr } = await finish(
      "bash",
      ["-c", 'eval "$("$0" cli/berth.mjs env --stack "$1")" && env -0', process.execPath, this.stack],
      { cwd: this.folder, env: { BERTH_ALLOW_GENERATED_PASSPHRASE: "1" } },
    );
    assert.equal(status, 0, stderr);
    return Object.fromEntries(
      stdout
        .split("\0")
        .filter((line) => line.includes("="))
        .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
  }

  /** Containers of one part, as `docker inspect` shows them. */
  async containers(part: string): Promise<Inspected[]> {
    const ids = await docker(["ps", "-aq", "--no-trunc", ...this.labels(part)]);
    if (ids === "") return [];
    return JSON.parse(await docker(["inspect", ...ids.split("\n")])) as Inspected[];
  }

  /** What the running application logs in to its database with, read where it reads it. */
  async databaseLogin(): Promise<{ readonly user: string; readonly password: string }> {
    const [app] = await this.containers("app");
    const read = 'echo "$DATABASE_USER"; cat "$DATABASE_PASSWORD_FILE"';
    const said = await docker(["exec", app?.Id ?? "", "sh", "-c", read]);
    const [user = "", password = ""] = said.split("\n");
    return { user, password };
  }

  /**
   * Docker filters for the stack's objects; of one part without what was started from the image by
   * hand.
   */
  labels(part?: string): string[] {
    const stack = ["--filter", `label=berth.stack=${this.stack}`];
    if (part === undefined) return stack;
    return [...stack, "--filter", "label=berth.project", "--filter", `label=berth.part=${part}`];
  }

  /** Removes the stack with its data, and the copy. */
  async remove(env: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.mustRun("down", "--volumes", "--yes", env);
    this.discard();
  }

  /** Removes the copy of a stack that went with its engine. */
  discard(): void {
    rmSync(this.folder, { recursive: true, force: true });
    this.#forget();
  }
}

/** What tests read of `docker inspect`. */
export interface Inspected {
  readonly Id: string;
  readonly Name: string;
  readonly Image: string;
  readonly State: { readonly StartedAt: string; readonly Status: string; readonly Pid: number };
  readonly Config: { readonly Env: readonly string[] };
  readonly HostConfig: {
    readonly PidsLimit: number | null;
    readonly ReadonlyRootfs: boolean;
    /** Bytes. */
    readonly Memory: number;
    readonly PortBindings: Readonly<Record<string, unknown>> | null;
  };
}
