import { join } from "node:path";
import type { DerivedImageName } from "../../images/lib/derive-image.ts";
import { finish } from "./docker.ts";

/** Reference of an image that is built on another one, made available as `pulumi up` would. */
export async function derivedImage(name: DerivedImageName, base: string): Promise<string> {
  const program = join(import.meta.dirname, "../../images/derive.ts");
  const { status, stdout, stderr } = await finish(process.execPath, [program, name, "--base", base]);
  if (status !== 0) throw new Error(stderr);
  return stdout.trim();
}
