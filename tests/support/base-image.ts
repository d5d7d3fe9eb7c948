import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { BaseImageName } from "../../infra/images.ts";

const run = promisify(execFile);
const provided = new Map<BaseImageName, Promise<string>>();

async function provide(name: BaseImageName): Promise<string> {
  const program = join(import.meta.dirname, "../../images/provide.ts");
  const { stdout } = await run(process.execPath, [program, name, "--source", "auto"], { maxBuffer: 1 << 26 });
  return (JSON.parse(stdout) as { reference: string }).reference;
}

/** Reference of a base image that the engine has, made available as `pulumi up` would. */
export function baseImage(name: BaseImageName): Promise<string> {
  const known = provided.get(name) ?? provide(name);
  provided.set(name, known);
  return known;
}
