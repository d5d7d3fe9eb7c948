import { randomBytes } from "node:crypto";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { registerTestStack } from "../../cli/testing/test-run.ts";

const root = join(import.meta.dirname, "../..");

/** What a run of the CLI came to. */
export interface PulumiRun {
  readonly code: number;
  /** Both its streams, one after the other. */
  readonly output: string;
}

/** A Pulumi program of a few lines with a stack and a state of its own, run by the real engine. */
export class ScratchProgram {
  readonly folder: string;
  readonly #forget: () => void;
  readonly #env: NodeJS.ProcessEnv;

  /**
   * @param source TypeScript of the program; it reads settings with `new Config()` of
   * @pulumi/pulumi
   */
  private constructor(source: string) {
    this.folder = mkdtempSync(join(tmpdir(), "berth-program-"));
    this.#forget = registerTestStack({ paths: [this.folder] });
    const name = `scratch-${randomBytes(3).toString("hex")}`;
    const files = {
      "Pulumi.yaml": `name: ${name}\nruntime: {name: nodejs, options: {typescript: false}}\n`,
      "package.json": JSON.stringify({ name, type: "module", main: "index.ts" }),
      "index.ts": source,
    };
    for (const [file, content] of Object.entries(files)) writeFileSync(join(this.folder, file), content);
    symlinkSync(join(root, "node_modules"), join(this.folder, "node_modules"));
    mkdirSync(join(this.folder, "state"));
    this.#env = {
      ...process.env,
      PULUMI_BACKEND_URL: `file://${join(this.folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "scratch",
    };
  }

  /** Makes one with an empty stack named `dev`. */
  static async of(source: string): Promise<ScratchProgram> {
    const program = new ScratchProgram(source);
    await program.mustRun("stack", "init", "dev");
    return program;
  }

  /** Starts the CLI without waiting for it, its output in a file of the folder. */
  start(...args: string[]): ChildProcess {
    return this.#start(args, {});
  }

  #start(args: readonly string[], env: Record<string, string>): ChildProcess {
    return spawn("pulumi", [...args, "--non-interactive"], {
      cwd: this.folder,
      env: { ...this.#env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  /** Runs the CLI. */
  async run(...args: string[]): Promise<PulumiRun> {
    return this.#run(args, {});
  }

  async #run(args: readonly string[], env: Record<string, string>): Promise<PulumiRun> {
    const child = this.#start(args, env);
    const [stdout, stderr] = await Promise.all([
      child.stdout === null ? "" : text(child.stdout),
      child.stderr === null ? "" : text(child.stderr),
      once(child, "close"),
    ]);
    return { code: child.exitCode ?? 1, output: `${stdout}${stderr}` };
  }

  /** Runs the CLI and returns what it printed; throws if it fails. */
  async mustRun(...args: string[]): Promise<string> {
    const { code, output } = await this.run(...args);
    if (code !== 0) throw new Error(`pulumi ${args.join(" ")} ended with ${code}:\n${output}`);
    return output;
  }

  /** @param env variables beside those of the test */
  up(env: Record<string, string> = {}): Promise<PulumiRun> {
    return this.#run(["up", "--yes", "--skip-preview"], env);
  }

  async set(key: string, value: string): Promise<void> {
    await this.mustRun("config", "set", key, value);
  }

  /** A file of the folder; empty if it is not there. */
  read(file: string): string {
    try {
      return readFileSync(join(this.folder, file), "utf8");
    } catch {
      return "";
    }
  }

  /** Destroys what is left, and removes the folder. */
  async end(): Promise<void> {
    await this.run("cancel", "--yes");
    await this.mustRun("destroy", "--yes", "--skip-preview");
    rmSync(this.folder, { recursive: true, force: true });
    this.#forget();
  }
}
