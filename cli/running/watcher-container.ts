import type { Docker } from "../../system/docker.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { runningPart } from "../docker/stack-docker.ts";

/** The container that watches a stack, spoken to by its own program. */
export class WatcherContainer {
  readonly #docker: Docker;
  readonly #id: string;

  private constructor(docker: Docker, id: string) {
    this.#docker = docker;
    this.#id = id;
  }

  /** @throws CommandError if the stack tells nobody, or the container does not run */
  static async of(docker: Docker, stack: string): Promise<WatcherContainer> {
    const containers = await docker.containersOf(stack);
    if (
      containers.some(({ status }) => status === "running") &&
      !containers.some(({ part }) => part === "watcher")
    ) {
      throw new CommandError(
        `Stack ${stack} tells nobody. Say whom: pulumi config set --secret alertsWebhook --stack ${stack}, or alertsMail ADDRESS, then npx berth up --stack ${stack}`,
        exitCode.failed,
      );
    }
    return new WatcherContainer(docker, runningPart(containers, stack, "watcher").id);
  }

  /** Every rule and what it says, as JSON. */
  async status(): Promise<string> {
    return this.#run("status");
  }

  /** Sends a test through every channel. @returns what each answered, as JSON */
  async test(): Promise<string> {
    return this.#run("test");
  }

  async #run(word: string): Promise<string> {
    const { code, stdout, stderr } = await this.#docker.try(["exec", this.#id, "berth-watch", word]);
    if (code !== 0) throw new CommandError(stderr.trim(), exitCode.failed);
    return stdout;
  }
}
