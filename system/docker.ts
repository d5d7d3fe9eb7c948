import { parseContainers, type Container } from "./container.ts";
import { dockerCommand } from "./docker-commands.ts";
import { CommandError, exitCode } from "./exit-code.ts";
import { capture, follow, type Captured, type Followed, type Invocation, type RunOptions } from "./run.ts";

/** What a single command needs besides the client's environment. */
export type DockerRunOptions = Omit<RunOptions, "env">;

/**
 * A Docker engine, spoken to through the `docker` command and its environment (DOCKER_HOST,
 * contexts, certificates).
 */
export class Docker {
  /** Environment of every `docker` that is run. */
  readonly env: NodeJS.ProcessEnv;

  /**
   * Pulumi project whose stacks are looked at; another project may have stacks of the same names.
   */
  readonly project: string | undefined;

  /**
   * @param env environment of the commands
   * @param host address of the engine; the environment's own if undefined
   * @param project Pulumi project of the stacks that are asked for; every project's if undefined
   */
  constructor(env: NodeJS.ProcessEnv, host?: string, project?: string) {
    this.project = project;
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
    const labelled = await this.containers(["--all", "--filter", `label=berth.stack=${stack}`]);
    // What runs for a moment only (a migration, a writer of files) names no project.
    return labelled.filter(
      ({ project = this.project, stack: own }) =>
        own === stack && (this.project === undefined || project === this.project),
    );
  }

  /**
   * Containers that `docker ps` lists.
   * @param filter arguments of `docker ps`
   */
  async containers(filter: readonly string[]): Promise<Container[]> {
    const ids = linesOf(await this.run(["ps", "--quiet", "--no-trunc", ...filter]));
    return parseContainers(await this.inspect("container", ids));
  }

  /** Ids of all networks of the engine. */
  async allNetworks(): Promise<string[]> {
    return linesOf(await this.run(dockerCommand.ids("network", [])));
  }

  /** Ids of a stack's networks. */
  async networksOf(stack: string): Promise<string[]> {
    return linesOf(await this.run(dockerCommand.ids("network", this.#ofStack(stack))));
  }

  /** Names of a stack's volumes, or of one part's among them. */
  async volumesOf(stack: string, part?: string): Promise<string[]> {
    const ofPart = part === undefined ? [] : [`label=berth.part=${part}`];
    return linesOf(await this.run(dockerCommand.ids("volume", [...this.#ofStack(stack), ...ofPart])));
  }

  /**
   * Names of volumes.
   * @param filter as `docker volume ls` takes it
   */
  async volumes(filter: string): Promise<string[]> {
    return linesOf(await this.run(dockerCommand.ids("volume", [filter])));
  }

  /**
   * Ids of the images that were built for a stack. Their label names no project; their name does.
   */
  async imagesOf(stack: string): Promise<string[]> {
    const labelled = `label=berth.stack=${stack}`;
    const all = linesOf(await this.run(dockerCommand.ids("image", [labelled])));
    if (this.project === undefined) return all;
    const called = (name: string) => this.run(dockerCommand.ids("image", [labelled, `reference=${name}`]));
    const own = linesOf(await called(`${this.project}/app-${stack}`));
    const built = linesOf(await called(`*/app-${stack}`));
    return all.filter((id) => own.includes(id) || !built.includes(id));
  }

  /** Filters for what carries the labels of a stack of the project. */
  #ofStack(stack: string): string[] {
    const project = this.project === undefined ? [] : [`label=berth.project=${this.project}`];
    return [`label=berth.stack=${stack}`, ...project];
  }

  /**
   * What `docker inspect` prints of those among some objects that are there: one that goes away in
   * between makes it fail and still print the others.
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
 * Whether a failed docker command did not reach its engine, by its words: those of the clients up
 * to 28, of 29, and of connections over TCP and ssh.
 */
function isUnreachable(why: string): boolean {
  return /cannot connect|failed to connect|permission denied|error during connect/i.test(why);
}

const linesOf = (text: string) => [...new Set(text.split("\n").filter((line) => line !== ""))];
