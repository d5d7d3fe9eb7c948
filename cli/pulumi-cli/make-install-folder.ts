import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { withLock } from "../../system/file-lock.ts";
import type { PulumiCliCircumstances } from "./pulumi-cli.ts";
import { pulumiCliIn, layoutOf, stampInstall } from "./install-folder.ts";
import { removeUnused } from "./upkeep.ts";

/**
 * Makes one folder of the cache: in a folder beside it, which gets its name when everything is in
 * it. A second process that wants the same folder waits for the first, and then finds it there.
 * @param folder the folder, whose name changes with everything that decides on its content
 * @param version version of the Pulumi CLI
 * @param purpose what is done here, as those who wait are told
 * @param fill puts the CLI into the work folder's bin and the plugins into its home
 */
export async function makeInstallFolder(
  folder: string,
  version: string,
  purpose: string,
  at: PulumiCliCircumstances,
  fill: (work: string) => Promise<void>,
): Promise<void> {
  const onWait = (pid: number) => {
    at.reporter.line(`process ${pid} is ${purpose}: waiting for it`);
  };
  await withLock(`${folder}.lock`, { onWait, signal: at.signal }, async () => {
    if (pulumiCliIn(folder, "built", at.env) !== undefined) return;
    for (const left of leftovers(folder)) rmSync(left, { recursive: true, force: true });
    const work = `${folder}.partial-${process.pid}`;
    const { bin, home } = layoutOf(work);
    mkdirSync(home, { recursive: true });
    try {
      await fill(work);
      if (!existsSync(bin)) throw new Error(`${purpose} made no ${bin}`);
      stampInstall(work, version);
      rmSync(folder, { recursive: true, force: true });
      renameSync(work, folder);
      for (const name of removeUnused(folder))
        at.reporter.line(`removed ${name}, which nobody has used for a month`);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  });
}

/** Leftovers of interrupted runs; the lock is ours, so no process works there any more. */
function leftovers(folder: string): string[] {
  return readdirSync(dirname(folder))
    .filter((name) => name.startsWith(`${basename(folder)}.partial-`))
    .map((name) => join(dirname(folder), name));
}
