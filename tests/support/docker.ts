import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";

/** What a finished program said. */
export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, whatever its exit code. */
export async function finish(
  program: string,
  args: readonly string[],
  options: { stdin?: string; env?: Record<string, string>; cwd?: string } = {},
): Promise<Finished> {
  const child = spawn(program, args, {
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const status = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.stdin ?? "");
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { status: await status, stdout, stderr };
}

/**
 * Runs the docker client and returns what it printed.
 * @throws Error with its words when it fails
 */
export async function docker(args: readonly string[], stdin?: string): Promise<string> {
  const { status, stdout, stderr } = await finish("docker", args, stdin === undefined ? {} : { stdin });
  if (status !== 0) throw new Error(`docker ${args.slice(0, 3).join(" ")} …: ${stderr.trim()}`);
  return stdout.trim();
}

/**
 * Removes containers with their data, one after the other: engine 20.10 may stop answering when
 * several of one network go at the same moment (docs/engines.md).
 */
export async function removeContainers(names: Iterable<string>): Promise<void> {
  for (const name of names) await finish("docker", ["rm", "--force", "--volumes", name]);
}
