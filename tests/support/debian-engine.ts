import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../system/cache-folder.ts";
import { baseImage } from "./base-image.ts";
import { docker } from "./docker.ts";

/**
 * Installs the engine, and copies its programs. runc alone needs a C library that the release
 * before lacks, so it gets its own. Arguments: where to, and where that is on the host.
 */
const copyPrograms = `
set -e
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq install -y --no-install-recommends docker.io docker-cli patchelf
cd "$1"
for name in dockerd docker-proxy docker-init docker containerd containerd-shim-runc-v2 runc; do
  cp -L "$(find /usr/bin /usr/sbin /usr/libexec -name "$name" | head -1)" .
done
mkdir lib
ldd runc | grep -o '/[^ ]*' | xargs cp -Lt lib
interpreter=$(basename "$(patchelf --print-interpreter runc)")
patchelf --set-interpreter "$2/lib/$interpreter" --force-rpath --set-rpath "$2/lib" runc
`;

/**
 * The engine of the Debian release that the base images are made of, with its client, containerd
 * and runc: installed in a container once, and kept in berth's cache.
 * @returns folder with `dockerd`, `docker` and what they start
 */
export async function debianEngine(): Promise<string> {
  const image = await baseImage("debian");
  const folder = join(cacheFolder(process.env), `engine-${image.replaceAll(/[^\w.-]+/g, "-")}`);
  if (existsSync(folder)) return folder;
  const partial = `${folder}.${randomUUID().slice(0, 8)}`;
  mkdirSync(partial, { recursive: true });
  try {
    const run = ["run", "--rm", "--user=0", `--volume=${partial}:/out`, image];
    await docker([...run, "bash", "-c", copyPrograms, "bash", "/out", folder]);
    renameSync(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return folder;
}
