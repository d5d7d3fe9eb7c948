import { randomBytes } from "node:crypto";
import { access, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { edgePorts } from "../../infra/rendering/edge-paths.ts";
import { baseImage } from "./base-image.ts";
import { docker, finish } from "./docker.ts";
import type { EdgeStand } from "./edge-stand.ts";
import { addressOn } from "./pebble.ts";

/** MDN Observatory's scanner, from npm, pinned. */
const scanner = "@mdn/mdn-http-observatory@1.4.8";

/** What the scanner says of a site. */
export interface Verdict {
  readonly scan: { readonly grade: string; readonly score: number };
  readonly tests: Readonly<Record<string, { readonly pass: boolean; readonly result: string }>>;
}

/**
 * Folder with the scanner, installed once and kept in berth's cache.
 * @returns the reason, as an Error, if npm's registry cannot be had
 */
export async function observatory(): Promise<string | Error> {
  const cache = process.env["BERTH_CACHE"] ?? join(homedir(), ".cache", "berth");
  const folder = join(cache, scanner.replaceAll(/[^\w.-]/g, ""));
  const present = await access(folder).then(
    () => true,
    () => false,
  );
  if (present) return folder;
  const partial = `${folder}.${randomBytes(4).toString("hex")}`;
  await mkdir(partial, { recursive: true });
  await writeFile(join(partial, "package.json"), "{}\n");
  // Its install script fetches browsers' HSTS preload list, from a place that is no package
  // registry. No name of a test is on it, so an empty one says the same.
  const args = ["install", "--prefix", partial, "--ignore-scripts", "--no-audit", "--no-fund", scanner];
  const done = await finish("npm", args, { cwd: partial });
  if (done.status !== 0) {
    await rm(partial, { recursive: true, force: true });
    return new Error(`npm install ${scanner}: ${done.stderr.trim().split("\n").at(-1) ?? ""}`);
  }
  const preloaded = join(partial, "node_modules/@mdn/mdn-http-observatory/conf/hsts-preload.json");
  await writeFile(preloaded, "{}\n");
  await rename(partial, folder).catch(() => rm(partial, { recursive: true }));
  return folder;
}

/**
 * Scans a stand under its first name. The scanner knows ports 80 and 443 only, so it runs in a
 * container where these lead to the proxy.
 *
 * @param folder of the scanner
 * @param authority file with the PEM of the authority behind the stand's certificate
 */
export async function scanSite(folder: string, stand: EdgeStand, authority: string): Promise<Verdict> {
  const [name = ""] = stand.shape.domain;
  const proxy = await addressOn(stand, stand.listener);
  const program = `import { connect, createServer } from "node:net";
const forward = (from, to) => new Promise((listening) => createServer((inner) => {
  const outer = connect(to, "${proxy}");
  inner.on("error", () => outer.destroy()).pipe(outer).on("error", () => inner.destroy()).pipe(inner);
}).listen(from, listening));
await Promise.all([forward(80, ${edgePorts.http}), forward(443, ${edgePorts.https})]);
const { scan } = await import("/scanner/node_modules/@mdn/mdn-http-observatory/src/index.js");
process.stdout.write(JSON.stringify(await scan("${name}")), () => process.exit(0));`;
  const said = await docker([
    ...["run", "--rm", `--network=${stand.name}`, `--add-host=${name}:127.0.0.1`, "--user=0:0"],
    ...[`--volume=${folder}:/scanner:ro`, `--volume=${authority}:/authority.pem:ro`],
    ...["--env=NODE_EXTRA_CA_CERTS=/authority.pem", "--entrypoint=node", await baseImage("node")],
    ...["--input-type=module", "--eval", program],
  ]);
  return JSON.parse(said) as Verdict;
}
