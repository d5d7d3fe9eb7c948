import { join as shellWords } from "shlex";

/**
 * A container that runs one command and is removed. Nothing in it may be secret: it becomes a
 * command line.
 */
export interface OneShot {
  readonly image: string;
  readonly command: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Docker network, or `none`. */
  readonly network: string;
  /** Volume name by mount point; `readOnly` unless said otherwise. */
  readonly volumes: readonly {
    readonly name: string;
    readonly target: string;
    readonly writable?: boolean;
  }[];
  readonly environment?: Readonly<Record<string, string>>;
  /** `uid:gid`; the image's own if unset. */
  readonly user?: string;
  readonly entrypoint?: string;
  /** Pass this command's standard input on. */
  readonly stdin?: boolean;
  /** Capabilities kept; all others are dropped. */
  readonly capabilities?: readonly string[];
  /** Memory limit, MiB. */
  readonly memory?: number;
}

/** The `docker run` command line of a one-shot container, quoted for a POSIX shell. */
export function dockerRun(run: OneShot): string {
  const flags = [
    "--rm",
    ...(run.stdin === true ? ["--interactive"] : []),
    ...Object.entries(run.labels).map(([label, value]) => `--label=${label}=${value}`),
    `--network=${run.network}`,
    "--read-only",
    "--tmpfs=/tmp",
    "--cap-drop=ALL",
    ...(run.capabilities ?? []).map((capability) => `--cap-add=${capability}`),
    "--security-opt=no-new-privileges",
    "--pids-limit=128",
    ...(run.memory === undefined ? [] : [`--memory=${run.memory}m`, `--memory-swap=${run.memory}m`]),
    ...(run.user === undefined ? [] : [`--user=${run.user}`]),
    ...(run.entrypoint === undefined ? [] : [`--entrypoint=${run.entrypoint}`]),
    ...run.volumes.map(
      (volume) => `--volume=${volume.name}:${volume.target}${volume.writable === true ? "" : ":ro"}`,
    ),
    ...Object.entries(run.environment ?? {}).map(([key, value]) => `--env=${key}=${value}`),
  ];
  return shellWords(["docker", "run", ...flags, run.image, ...run.command]);
}
