import { randomBytes } from "node:crypto";
import { access, mkdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { finish } from "./docker.ts";

/** Programs that the Go toolchain builds from the module proxy. */
export interface GoPrograms {
  /** Names their folder in berth's cache, with the version. */
  readonly name: string;
  readonly version: string;
  /** Import paths of the commands. */
  readonly packages: readonly string[];
}

/** Folder with the programs, built once, statically linked. */
export async function goPrograms({ name, version, packages }: GoPrograms): Promise<string> {
  const cache = process.env["BERTH_CACHE"] ?? join(homedir(), ".cache", "berth");
  const folder = join(cache, `${name}-${version}`);
  const present = await access(folder).then(
    () => true,
    () => false,
  );
  if (present) return folder;
  const partial = `${folder}.${randomBytes(4).toString("hex")}`;
  await mkdir(partial, { recursive: true });
  for (const path of packages) {
    const built = await finish("go", ["install", `${path}@${version}`], {
      env: { GOBIN: partial, CGO_ENABLED: "0" },
    });
    if (built.status !== 0) throw new Error(`go install ${path}: ${built.stderr}`);
  }
  await rename(partial, folder).catch(() => rm(partial, { recursive: true }));
  return folder;
}
