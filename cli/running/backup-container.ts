import { z } from "zod";
import type { Docker } from "../../system/docker.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { runningPart } from "../docker/stack-docker.ts";

/** How far a job has come. */
export const progress = z.object({ job: z.string(), percent: z.number(), seconds: z.number() });
export type BackupProgress = z.output<typeof progress>;

/** The container that makes a stack's backups, spoken to by its own program. */
export class BackupContainer {
  readonly #docker: Docker;
  readonly #id: string;

  private constructor(docker: Docker, id: string) {
    this.#docker = docker;
    this.#id = id;
  }

  /** @throws CommandError if the stack makes no backups, or the container does not run */
  static async of(docker: Docker, stack: string): Promise<BackupContainer> {
    const containers = await docker.containersOf(stack);
    if (
      containers.some(({ status }) => status === "running") &&
      !containers.some(({ part }) => part === "backup")
    ) {
      throw new CommandError(
        `Stack ${stack} makes no backups. Switch them on: pulumi config set backups true --stack ${stack}, then npx berth up --stack ${stack}`,
        exitCode.failed,
      );
    }
    return new BackupContainer(docker, runningPart(containers, stack, "backup").id);
  }

  /** What can be restored, and what is wrong, as JSON. */
  async status(): Promise<string> {
    return this.#run(["status"]);
  }

  /** The key that the backups are encrypted with. */
  async key(): Promise<string> {
    return this.#docker.run(["exec", this.#id, "sh", "-c", 'cat "$SECRETS/key"']);
  }

  /**
   * Has a job done now, and waits for its end.
   * @param order words of the program, such as `backup full`
   * @throws CommandError with the reason if it failed
   */
  async work(order: readonly string[], onProgress: (at: BackupProgress) => void): Promise<void> {
    const said: string[] = [];
    const { code } = await this.#docker.follow(["exec", this.#id, "berth-backup", ...order], (line) => {
      const message = jsonOf(line);
      const { success, data } = progress.safeParse(message);
      if (success) onProgress(data);
      else if (message === undefined) said.push(line);
    });
    if (code !== 0) throw new CommandError(said.join("\n") || "The backups' program ended.", exitCode.failed);
  }

  async #run(words: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.#docker.try(["exec", this.#id, "berth-backup", ...words]);
    if (code !== 0) throw new CommandError(stderr.trim(), exitCode.failed);
    return stdout;
  }
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
