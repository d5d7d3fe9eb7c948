import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { registerTestStack } from "../../cli/testing/test-run.ts";
import { docker, finish, type Finished, removeContainers } from "./docker.ts";

/**
 * Tries until `attempt` neither throws nor returns undefined; throws its last error after three
 * minutes.
 */
export async function eventually<T>(attempt: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 180_000;
  for (;;) {
    try {
      const result = await attempt();
      if (result !== undefined) return result;
      if (Date.now() > deadline) throw new Error("Waited three minutes in vain.");
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await sleep(100);
  }
}

/**
 * Containers, volumes, networks and images of one test file, gone after `remove`, whatever
 * happened.
 */
export class ScratchContainers {
  readonly id = `berth-test-${randomUUID().slice(0, 8)}`;
  readonly #label = `berth.test=${this.id}`;
  #count = 0;
  readonly #forget: () => void;

  constructor() {
    this.#forget = registerTestStack({ test: this.id });
  }

  /** A name that no other container has. */
  name(part: string): string {
    this.#count += 1;
    return `${this.id}-${part}-${this.#count}`;
  }

  /** Runs a container to its end. `options` are `docker run` options. */
  run(
    image: string,
    options: readonly string[],
    command: readonly string[] = [],
    input = "",
  ): Promise<Finished> {
    return finish("docker", ["run", "--rm", "-i", "--label", this.#label, ...options, image, ...command], {
      stdin: input,
    });
  }

  /** Runs a shell script in a container, and returns its output. @throws when it fails */
  async script(image: string, text: string, options: readonly string[] = []): Promise<string> {
    const result = await this.run(image, ["--entrypoint", "sh", ...options], ["-eus"], text);
    if (result.status !== 0) throw new Error(`${image}: ${result.stderr}${result.stdout}`);
    return result.stdout.trim();
  }

  /** Starts a container and returns its name. */
  async start(image: string, options: readonly string[], command: readonly string[] = []): Promise<string> {
    const name = this.name("container");
    await docker(["run", "-d", "--name", name, "--label", this.#label, ...options, image, ...command]);
    return name;
  }

  /**
   * A new volume with what `script` writes to /volume. `options` are those of `docker volume
   * create`.
   */
  async volume(image: string, script: string, options: readonly string[] = []): Promise<string> {
    const name = this.name("volume");
    await docker(["volume", "create", "--label", this.#label, ...options, name]);
    await this.script(image, script, ["--user", "0", "-v", `${name}:/volume`, "-w", "/volume"]);
    return name;
  }

  /** A new network. `options` are `docker network create` options. */
  async network(...options: readonly string[]): Promise<string> {
    const name = this.name("network");
    await docker(["network", "create", "--label", this.#label, ...options, name]);
    return name;
  }

  /** Builds an image of nothing but a Dockerfile, and returns its name. */
  async build(dockerfile: string, buildArguments: Readonly<Record<string, string>>): Promise<string> {
    const name = this.name("image");
    const values = Object.entries(buildArguments).flatMap(([key, value]) => [
      "--build-arg",
      `${key}=${value}`,
    ]);
    await docker(
      ["build", "-q", "--force-rm", "--label", this.#label, "-t", name, ...values, "-"],
      dockerfile,
    );
    return name;
  }

  /** Everything a container wrote. */
  async logs(name: string): Promise<string> {
    const { stdout, stderr } = await finish("docker", ["logs", name]);
    return stdout + stderr;
  }

  /** Address of a published port, for instance `127.0.0.1:49153`. */
  async address(name: string, port: number): Promise<string> {
    return (await docker(["port", name, String(port)])).split("\n")[0] ?? "";
  }

  async remove(): Promise<void> {
    const own = ["--filter", `label=${this.#label}`];
    const listed = async (...list: string[]) =>
      new Set((await docker([...list, ...own])).split("\n").filter((line) => line !== ""));
    await removeContainers(await listed("ps", "-aq"));
    const kinds: readonly (readonly [string[], string[]])[] = [
      [
        ["volume", "ls", "-q"],
        ["volume", "rm"],
      ],
      [
        ["network", "ls", "-q"],
        ["network", "rm"],
      ],
      [
        ["images", "-q"],
        ["rmi", "-f"],
      ],
    ];
    for (const [list, remove] of kinds) {
      const found = await listed(...list);
      if (found.size > 0) await finish("docker", [...remove, ...found]);
    }
    this.#forget();
  }
}
