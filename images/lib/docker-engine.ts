import { dockerCommand, type ImageBuild } from "../../system/docker-commands.ts";
import { Docker, type DockerRunOptions } from "../../system/docker.ts";
import { pipe, type Captured, type Followed, type Invocation } from "../../system/run.ts";

/** A build, and where its output goes. */
export interface LoggedBuild extends Omit<ImageBuild, "passedOn"> {
  readonly log: string;
  readonly onLine: (line: string) => void;
}

/**
 * The Docker engine that DOCKER_HOST or the current docker context names, as far as base images
 * need it.
 */
export class DockerEngine {
  /** Tells engines apart, without asking one. */
  readonly key: string;
  readonly #docker: Docker;
  readonly #signal: AbortSignal;

  /** @param signal ends the command that runs, and everything that it started */
  constructor({ signal }: { readonly signal: AbortSignal }) {
    // The legacy builder, which every engine has and which sees images made on the engine before.
    this.#docker = new Docker({ ...process.env, DOCKER_BUILDKIT: "0" });
    this.key = this.#docker.key;
    this.#signal = signal;
  }

  /** The given references that the engine has an image for. */
  async present(references: readonly string[]): Promise<ReadonlySet<string>> {
    const format = "{{json .RepoTags}} {{json .RepoDigests}}";
    const ended = await this.#try(dockerCommand.inspect("image", references, format));
    if (ended.code !== 0 && !/no such image/i.test(ended.stderr)) throw this.#unreachable(ended.stderr);
    const known = new Set(ended.stdout.match(/(?<=")[^"]+(?=")/g));
    return new Set(references.filter((reference) => known.has(localName(reference))));
  }

  /** The engine's processor architecture as Debian calls it, for instance `amd64`. */
  async architecture(): Promise<string> {
    const ended = await this.#try(dockerCommand.serverArchitecture());
    if (ended.code !== 0) throw this.#unreachable(ended.stderr);
    return ended.stdout.trim();
  }

  /** Pulls an image; `signal` bounds the wait on top of an interruption. */
  pull(reference: string, signal: AbortSignal, onLine: (line: string) => void): Promise<Followed> {
    return this.#follow(dockerCommand.pull(reference), onLine, {
      signal: AbortSignal.any([this.#signal, signal]),
    });
  }

  /**
   * Makes an image from the tar of a root file system that a program writes. It has no name until
   * `tag` gives it one.
   * @param onLine gets what the program says on standard error
   * @returns how the program ended, and how the import of what it wrote did: its output is the
   * image's id
   */
  async importRoot(
    program: Invocation,
    changes: readonly string[],
    onLine: (line: string) => void,
    log: string,
  ): Promise<{ readonly from: Followed; readonly to: Captured }> {
    const target = this.#docker.invocation(dockerCommand.importRoot(changes));
    const options = { env: this.#docker.env, signal: this.#signal, tree: true, log };
    const ended = await pipe(program, target, onLine, options);
    this.#check(ended.to);
    return ended;
  }

  /** Gives an image a name. */
  async tag(id: string, reference: string): Promise<void> {
    const ended = await this.#try(dockerCommand.tag(id, reference));
    if (ended.code !== 0) throw new Error(`docker tag failed: ${ended.stderr}`);
  }

  /** Removes an image that has no name. */
  async remove(id: string): Promise<void> {
    await this.#try(dockerCommand.removeImage(id));
  }

  /** Takes every other tag of a repository away. An image that a container needs stays. */
  async removeOtherTags(reference: string): Promise<void> {
    const repository = reference.slice(0, reference.lastIndexOf(":"));
    const { stdout } = await this.#try(dockerCommand.tagsOf(repository));
    for (const tag of stdout.split("\n").filter((line) => line !== "" && line !== reference)) {
      await this.#try(dockerCommand.removeImage(tag));
    }
  }

  /** Builds an image. It is named only when the whole build succeeded. */
  build({ log, onLine, ...build }: LoggedBuild): Promise<Followed> {
    const passedOn = proxyVariables.filter((name) => process.env[name] !== undefined);
    return this.#follow(dockerCommand.build({ ...build, passedOn }), onLine, { log });
  }

  async #try(args: readonly string[]): Promise<Captured> {
    const ended = await this.#docker.try(args, { signal: this.#signal, tree: true });
    this.#check(ended);
    return ended;
  }

  async #follow(
    args: readonly string[],
    onLine: (line: string) => void,
    options: DockerRunOptions,
  ): Promise<Followed> {
    const ended = await this.#docker.follow(args, onLine, { signal: this.#signal, tree: true, ...options });
    this.#check(ended);
    return ended;
  }

  #check({ missing }: { readonly missing: boolean }): void {
    if (this.#signal.aborted) throw new Interrupted();
    if (missing) throw new Error("docker is not installed, or not on PATH.");
  }

  #unreachable(detail: string): Error {
    return new Error(
      `The Docker engine (${this.key}) did not answer: ${detail.trim()}\n` +
        "Start it, correct DOCKER_HOST, or give this user access to it.",
    );
  }
}

/** This program was asked to end. */
export class Interrupted extends Error {
  constructor() {
    super("Interrupted.");
    this.name = "Interrupted";
  }
}

/** Variables whose values a build needs to reach the internet. */
const proxyVariables = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"];

/**
 * How the engine lists a reference: with a digest, it is known by the digest and not by the tag.
 */
function localName(reference: string): string {
  return reference.includes("@") ? reference.replace(/:[^:@/]+@/, "@") : reference;
}
