import type { Readable } from "node:stream";
import { run, type Ended, type RunOptions } from "./run.ts";

/** Settings that the docker commands of one program share. */
export interface EngineOptions {
  readonly signal: AbortSignal;
}

/** An image build of the legacy builder, which every engine has and which sees images made on the engine before. */
export interface ImageBuild {
  readonly reference: string;
  readonly context: string;
  readonly buildArguments: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly log: string;
  readonly onLine: (line: string) => void;
}

/** The Docker engine that DOCKER_HOST or the current docker context names, driven through the docker command. */
export class DockerEngine {
  readonly #signal: AbortSignal;

  constructor(options: EngineOptions) {
    this.#signal = options.signal;
  }

  /** Tells engines apart, without asking one. */
  static get key(): string {
    return process.env["DOCKER_HOST"] ?? `context ${process.env["DOCKER_CONTEXT"] ?? "default"}`;
  }

  /** The given references that the engine has an image for. */
  async present(references: readonly string[]): Promise<ReadonlySet<string>> {
    const format = "{{json .RepoTags}} {{json .RepoDigests}}";
    const ended = await this.#docker(["image", "inspect", "--format", format, ...references]);
    if (ended.code !== 0 && !/no such image/i.test(ended.stderr)) throw unreachable(ended.stderr);
    const known = new Set(ended.stdout.match(/(?<=")[^"]+(?=")/g));
    return new Set(references.filter((reference) => known.has(localName(reference))));
  }

  /** The engine's processor architecture as Debian calls it, for instance `amd64`. */
  async architecture(): Promise<string> {
    const ended = await this.#docker(["version", "--format", "{{.Server.Arch}}"]);
    if (ended.code !== 0) throw unreachable(ended.stderr);
    return ended.stdout.trim();
  }

  /** Pulls an image; `signal` bounds the wait on top of an interruption. */
  pull(reference: string, signal: AbortSignal, onLine: (line: string) => void): Promise<Ended> {
    return this.#docker(["pull", reference], { signal: AbortSignal.any([this.#signal, signal]), onLine });
  }

  /** Makes an image from a root file system's tar, and returns its id. It has no name until `tag` gives it one. */
  async importRoot(tar: Readable, changes: readonly string[], log: string): Promise<string> {
    const args = ["import", ...changes.flatMap((change) => ["--change", change]), "-"];
    const ended = await this.#docker(args, { input: tar, log });
    if (ended.code !== 0) throw new Error(`docker import failed: ${ended.stderr}`);
    return ended.stdout.trim();
  }

  /** Gives an image a name. */
  async tag(id: string, reference: string): Promise<void> {
    const ended = await this.#docker(["tag", id, reference]);
    if (ended.code !== 0) throw new Error(`docker tag failed: ${ended.stderr}`);
  }

  /** Removes an image that has no name. */
  async remove(id: string): Promise<void> {
    await this.#docker(["image", "rm", id]);
  }

  /** Builds an image. It is named only when the whole build succeeded. */
  build(build: ImageBuild): Promise<Ended> {
    const pairs = (option: string, values: Readonly<Record<string, string>>): string[] =>
      Object.entries(values).flatMap(([name, value]) => [option, `${name}=${value}`]);
    return this.#docker(
      [
        "build",
        "--force-rm",
        "--tag",
        build.reference,
        ...pairs("--label", build.labels),
        ...pairs("--build-arg", build.buildArguments),
        ...proxyArguments(),
        build.context,
      ],
      { log: build.log, onLine: build.onLine },
    );
  }

  #docker(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
    return run("docker", args, { signal: this.#signal, environment: { DOCKER_BUILDKIT: "0" }, ...options });
  }
}

/** Names of proxy variables that are set here; docker takes their values itself and keeps them out of the history. */
function proxyArguments(): string[] {
  return ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"]
    .filter((name) => process.env[name] !== undefined)
    .flatMap((name) => ["--build-arg", name]);
}

/** How the engine lists a reference: with a digest, it is known by the digest and not by the tag. */
function localName(reference: string): string {
  return reference.includes("@") ? reference.replace(/:[^:@/]+@/, "@") : reference;
}

function unreachable(detail: string): Error {
  return new Error(
    `The Docker engine (${DockerEngine.key}) did not answer: ${detail.trim()}\n` +
      "Start it, correct DOCKER_HOST, or give this user access to it.",
  );
}
