import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { finish } from "../../tests/support/docker.ts";

const source = join(import.meta.dirname, "../peers");

/**
 * Folder with the peers' programs and the packages of their lockfile, installed once into berth's
 * cache.
 *
 * @throws with npm's words where they cannot be installed
 */
export async function peerPackages(): Promise<string> {
  const lock = readFileSync(join(source, "package-lock.json"));
  const cache = process.env["BERTH_CACHE"] ?? join(homedir(), ".cache/berth");
  const folder = join(cache, `bench-peers-${createHash("sha256").update(lock).digest("hex").slice(0, 12)}`);
  mkdirSync(folder, { recursive: true });
  cpSync(source, folder, { recursive: true });
  if (existsSync(join(folder, "node_modules/.package-lock.json"))) return folder;
  const { status, stderr } = await finish("npm", ["ci", "--no-audit", "--no-fund"], { cwd: folder });
  if (status !== 0) throw new Error(`The peers' packages cannot be installed: ${stderr.slice(-2000)}`);
  return folder;
}
