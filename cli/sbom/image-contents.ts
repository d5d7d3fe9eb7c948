import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import type { Docker } from "../../system/docker.ts";
import type { ImageContents } from "./cyclonedx.ts";

/**
 * Reads what an image says of its contents. Nothing of the image runs, so it needs no shell.
 * @param image reference or id of an image on the engine
 */
export async function imageContents(docker: Docker, image: string): Promise<ImageContents> {
  const folder = (await docker.run(["image", "inspect", "--format={{.Config.WorkingDir}}", image])).trim();
  const container = (await docker.run(["create", "--network=none", image, "true"])).trim();
  const work = mkdtempSync(join(tmpdir(), "berth-sbom-"));
  try {
    const read = async (path: string) => {
      const file = join(work, posix.basename(path));
      // With -L: os-release is a link.
      const { code } = await docker.try(["cp", "-L", `${container}:${path}`, file]);
      return code === 0 ? readFileSync(file, "utf8") : undefined;
    };
    return {
      npm: await read(posix.join(folder === "" ? "/" : folder, "node_modules/.package-lock.json")),
      dpkg: await read("/var/lib/dpkg/status"),
      system: await read("/etc/os-release"),
    };
  } finally {
    await docker.try(["rm", "--force", container]);
    rmSync(work, { recursive: true, force: true });
  }
}
