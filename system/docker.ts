import { parseContainers, type Container } from "./container.ts";
import { dockerCommand } from "./docker-commands.ts";
import { CommandError, exitCode } from "./exit-code.ts";
import { capture, follow, type Captured, type Followed, type Invocation, type RunOptions } from "./run.ts";

/** What a single command needs besides the client's environment. */
export type DockerRunOptions = Omit<RunOptions, "env">;

/** A Docker engine, spoken to through the `docker` command and its environment (DOCKER_HOST, contexts, certificates). */
export class Docker {
  /** Environment of every `docker` that is run. */
  readonly env: NodeJS.ProcessEnv;

  /**
   * @param env environment of the commands
   * @param host address of the engine; the environment's own if undefined
   */
  constructor(env: NodeJS.ProcessEnv, host?: string) {
    this.env = host === undefined ? env : { ...env, DOCKER_HOST: host };
  }

  /** Tells engines apart, without asking one. */
  get key(): string {
    return this.env["DOCKER_HOST"] ?? `context ${this.env["DOCKER_CONTEXT"] ?? "default"}`;
  }

  /** A docker command as a value. */
  invocation(args: readonly string[]): Invocation {
    return { command: "docker", args };
  }

  /** Runs one docker command and keeps how it ended. */
  async try(args: readonly string[], options: DockerRunOptions = {}): Promise<Captured> {
    return capture(this.invocation(args), { ...options, env: this.env });
  }

  /** Runs one docker command and hands on its lines, of both streams, as they come. */
  async follow(
    args: readonly string[],
    onLine: (line: string) => void,
    options: DockerRunOptions = {},
  ): Promise<Followed> {
    return follow(this.invocation(args), onLine, { ...options, env: this.env });
  }

  /**
   * Runs one docker command.
   * @returns what it wrote to standard output
   * @throws CommandError with the command's own message
   */
  async run(args: readonly string[], options: DockerRunOptions = {}): Promise<string> {
    const result = await this.try(args, options);
    if (result.code === 0) return result.stdout;
    const why = result.missing ? "the docker command is not on PATH" : result.stderr.trim();
    const unreachable = result.missing || isUnreachable(why);
    const hint = unreachable ? " `npx berth doctor` says what to do." : "";
    throw new CommandError(
      `docker ${args[0] ?? ""} failed: ${why.replace(/[.?]$/, "")}.${hint}`,
      unreachable ? exitCode.environment : exitCode.failed,
    );
  }

  /** Containers of one stack, stopped ones too. */
  async containersOf(stack: string): Promise<Container[]> {
    const labelled = await this.containers(["--all", "--filter", ofStack(stack)]);
    return labelled.filter((container) => container.stack === stack);
  }

  /**
   * Containers that `docker ps` lists.
   * @param filter arguments of `docker ps`
   */
  async containers(filter: readonly string[]): Promise<Container[]> {
    const ids = linesOf(await this.run(["ps", "--quiet", "--no-trunc", ...filter]));
    return parseContainers(await this.inspect("container", ids));
  }

  /** Ids of a stack's networks. */
  async networksOf(stack: string): Promise<string[]> {
    return linesOf(await this.run(dockerCommand.ids("network", [ofStack(stack)])));
  }

  /** Names of a stack's volumes. */
  async volumesOf(stack: string): Promise<string[]> {
    return this.volumes(ofStack(stack));
  }

  /**
   * Names of volumes.
   * @param filter as `docker volume ls` takes it
   */
  async volumes(filter: string): Promise<string[]> {
    return linesOf(await this.run(dockerCommand.ids("volume", [filter])));
  }

  /** Ids of the images that are labelled with a stack. */
  async imagesOf(stack: string): Promise<string[]> {
    return linesOf(await this.run(dockerCommand.ids("image", [ofStack(stack)])));
  }

  /**
   * What `docker inspect` prints of those among some objects that are there: one that goes away in between makes it fail and
   * still print the others.
   * @returns a JSON array
   */
  async inspect(
    kind: "container" | "image" | "network" | "volume",
    names: readonly string[],
  ): Promise<string> {
    if (names.length === 0) return "[]";
    const { stdout } = await this.try(dockerCommand.inspect(kind, names));
    return stdout === "" ? "[]" : stdout;
  }
}

/**
 * Whether a failed docker command did not reach its engine, by its words: those of the clients up to 28, of 29, and of
 * connections over TCP and ssh.
 */
export function isUnreachable(why: string): boolean {
  return /cannot connect|failed to connect|permission denied|error during connect/i.test(why);
}

const ofStack = (stack: string) => `label=berth.stack=${stack}`;

const linesOf = (text: string) => [...new Set(text.split("\n").filter((line) => line !== ""))];
