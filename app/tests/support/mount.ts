import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Puts a file system of its own, in memory, where a folder is.
 *
 * @param options as mount takes them, such as `ro,size=1m`
 * @returns takes it away again; `undefined` if this process may not mount
 */
export async function mountMemory(
  folder: string,
  options: string,
): Promise<(() => Promise<void>) | undefined> {
  const mounted = await run("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder]).then(
    () => true,
    () => false,
  );
  if (!mounted) return undefined;
  return async () => {
    await run("umount", [folder]);
  };
}

/** Changes how a mounted file system may be used: `ro` or `rw`. */
export async function remount(folder: string, mode: "ro" | "rw"): Promise<void> {
  await run("mount", ["-o", `remount,${mode}`, folder]);
}
