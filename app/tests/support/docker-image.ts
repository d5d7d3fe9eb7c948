import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const provider = join(import.meta.dirname, "..", "..", "..", "images", "provide.ts");

/**
 * Whether containers can be started here: in a checkout of the whole product, with a Docker engine.
 */
export async function canRunImages(): Promise<boolean> {
  if (!existsSync(provider)) return false;
  return run("docker", ["version", "--format", "{{.Server.Version}}"], { timeout: 5000 }).then(
    () => true,
    () => false,
  );
}

/** Reference of an image that stacks run, made available as a deploy would. */
export async function providedImage(name: "postgres" | "redis"): Promise<string> {
  const { stdout } = await run(process.execPath, [provider, name, "--source", "auto"], {
    maxBuffer: 1 << 26,
  });
  return (JSON.parse(stdout) as { reference: string }).reference;
}
