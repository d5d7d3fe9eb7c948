import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { BaseImageName } from "../../images/catalogue.ts";

/** A base image that the engine has, and where it came from. */
export interface ProvidedImage {
  readonly reference: string;
  readonly source: "official" | "debian";
}

/** What the suites start. The catalogue has versions of other years too, and not all can be had. */
export const suiteImages = [
  ...(["debian", "node", "postgres", "redis", "nginx", "certbot"] as const),
  ...(["adminer", "layer", "machine-ca"] as const),
] as const satisfies readonly BaseImageName[];

const run = promisify(execFile);
const provided = new Map<BaseImageName, Promise<ProvidedImage>>();

async function provide(name: BaseImageName): Promise<ProvidedImage> {
  const program = join(import.meta.dirname, "../../images/provide.ts");
  const { stdout } = await run(process.execPath, [program, name, "--source", "auto"], { maxBuffer: 1 << 26 });
  return JSON.parse(stdout) as ProvidedImage;
}

/** A base image, made available as `pulumi up` would. */
export function providedImage(name: BaseImageName): Promise<ProvidedImage> {
  const known = provided.get(name) ?? provide(name);
  provided.set(name, known);
  return known;
}

/** Reference of a base image that the engine has, made available as `pulumi up` would. */
export async function baseImage(name: BaseImageName): Promise<string> {
  return (await providedImage(name)).reference;
}
