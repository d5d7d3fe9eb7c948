import { randomBytes } from "node:crypto";
import { access, mkdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { finish } from "./docker.ts";

/** Scanners from PyPI, pinned. */
const pinned = ["gixy-ng==0.2.59", "sslyze==6.3.1"];

/**
 * Folder with the scanners' programs, installed once and kept in berth's cache.
 * @returns the reason, as an Error, if Python or PyPI cannot be had
 */
export async function pythonTools(): Promise<string | Error> {
  const cache = process.env["BERTH_CACHE"] ?? join(homedir(), ".cache", "berth");
  const folder = join(cache, `scanners-${pinned.join("-").replaceAll(/[^\w.-]/g, "")}`);
  const present = await access(join(folder, "bin", "sslyze")).then(
    () => true,
    () => false,
  );
  if (present) return join(folder, "bin");
  await mkdir(cache, { recursive: true });
  // Programs of a virtual environment hold its path, so it is made in place; another run's half is
  // taken away first.
  const aside = `${folder}.${randomBytes(4).toString("hex")}`;
  await rename(folder, aside).catch(() => undefined);
  await rm(aside, { recursive: true, force: true });
  for (const [program = "", ...args] of [
    ["python3", "-m", "venv", folder],
    [join(folder, "bin", "pip"), "install", "--quiet", "--disable-pip-version-check", ...pinned],
  ]) {
    const done = await finish(program, args).catch((error: unknown) => ({
      status: 1,
      stderr: String(error),
    }));
    if (done.status !== 0) {
      await rm(folder, { recursive: true, force: true });
      return new Error(`${program} ${args[0] ?? ""}: ${done.stderr.trim().split("\n").at(-1) ?? ""}`);
    }
  }
  return join(folder, "bin");
}
