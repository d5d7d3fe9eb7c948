import { CommandError, exitCode } from "./exit-code.ts";
import { capture, type Captured, type RunOptions } from "./run.ts";
import { parseContainers, type Container } from "./container.ts";

/** Where Docker objects say to which stack they belong. */
const stackLabel = "berth.stack";

/** A Docker engine, spoken to through the `docker` command and its environment (DOCKER_HOST, contexts, certificates). */
export class Docker {
  /** Environment of every `docker` that is run. */
  readonly env: NodeJS.ProcessEnv;

  /**
   * @param env environment of the commands
   * @param host address of the engine; the environment's own where undefined
   */
  constructor(env: NodeJS.ProcessEnv, host?: string) {
    this.env = host === undefined ? env : { ...env, DOCKER_HOST: host };
  }

  /** Runs one docker command and keeps how it ended. */
  async try(args: readonly string[], options: Omit<RunOptions, "env"> = {}): Promise<Captured> {
    return capture({ command: "docker", args }, { ...options, env: this.env });
  }

  /**
   * Runs one docker command.
   * @returns what it wrote to standard output
   * @throws CommandError with the command's own message
   */
  async run(args: readonly string[], options: Omit<RunOptions, "env"> = {}): Promise<string> {
    const result = await this.try(args, options);
    if (result.code === 0) return result.stdout;
    const why = result.missing ? "the docker command is not on PATH" : result.stderr.trim();
    const code = /cannot connect|permission denied|error during connect/i.test(why) || result.missing;
    const hint = code ? " `npx berth doctor` says what to do." : "";
    throw new CommandError(
      `docker ${args[0] ?? ""} failed: ${why.replace(/[.?]$/, "")}.${hint}`,
      code ? exitCode.environment : exitCode.failed,
    );
  }

  /** Containers of one stack, stopped ones too. */
  async containersOf(stack: string): Promise<Container[]> {
    return this.containers(["--all", "--filter", `label=${stackLabel}=${stack}`]);
  }

  /**
   * Containers that `docker ps` lists.
   * @param filter arguments of `docker ps`
   */
  async containers(filter: readonly string[]): Promise<Container[]> {
    const ids = await this.#ids(["ps", "--quiet", "--no-trunc", ...filter]);
    if (ids.length === 0) return [];
    // One that goes away in between makes inspect fail and still print the others.
    const { stdout } = await this.try(["container", "inspect", ...ids]);
    return parseContainers(stdout === "" ? "[]" : stdout);
  }

  /** Ids of a stack's networks. */
  async networksOf(stack: string): Promise<string[]> {
    return this.#ids(["network", "ls", "--quiet", "--no-trunc", "--filter", `label=${stackLabel}=${stack}`]);
  }

  /** Names of a stack's volumes. */
  async volumesOf(stack: string): Promise<string[]> {
    return this.#ids(["volume", "ls", "--quiet", "--filter", `label=${stackLabel}=${stack}`]);
  }

  /** Tags of the images that are labelled with a stack. */
  async imagesOf(stack: string): Promise<string[]> {
    return this.#ids(["image", "ls", "--quiet", "--no-trunc", "--filter", `label=${stackLabel}=${stack}`]);
  }

  async #ids(args: readonly string[]): Promise<string[]> {
    return [...new Set((await this.run(args)).split("\n").filter((line) => line !== ""))];
  }
}
