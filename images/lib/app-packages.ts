import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { madeCacheFolder } from "../../system/cache-folder.ts";
import { capture } from "../../system/run.ts";
import { Interrupted, type DockerEngine } from "./docker-engine.ts";
import { nodeArchitectures } from "./npm-packages.ts";

/** Files that decide what npm installs; the last is the project's own and may be missing. */
const decisive = ["package.json", "package-lock.json", ".npmrc"] as const;

/**
 * Hash of what npm installs for an application: 12 hexadecimal digits.
 * @param folder folder with package.json and package-lock.json
 */
export function appPackagesHash(folder: string): string {
  const hash = createHash("sha256");
  for (const file of decisive) {
    const path = join(folder, file);
    const content = existsSync(path) ? readFileSync(path) : Buffer.of();
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex").slice(0, 12);
}

/** What is installed, and where it goes. */
export interface AppPackagesRequest {
  /** Folder with package.json, package-lock.json and, if the project has one, .npmrc. */
  readonly folder: string;
  /** Name of the image, `repository:tag`; earlier tags of the repository are removed. */
  readonly reference: string;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes an image that holds an application's `node_modules` and nothing else. This machine's npm
 * installs them: it knows private registries, and its tokens stay with it, whichever builder the
 * engine has. No package runs a program of its own.
 *
 * @throws with npm's message if a package cannot be had
 */
export async function provideAppPackages(engine: DockerEngine, request: AppPackagesRequest): Promise<void> {
  const { folder, reference, say, signal } = request;
  if ((await engine.present([reference])).has(reference)) return;
  const place = mkdtempSync(
    join(madeCacheFolder(process.env, "images", "contexts"), `packages-${process.pid}-`),
  );
  try {
    for (const file of decisive) {
      const path = join(folder, file);
      if (existsSync(path)) copyFileSync(path, join(place, file));
    }
    say("installing the application's packages with this machine's npm");
    await install(place, await engine.architecture(), signal);
    // .npmrc stays here: only `node_modules` is sent.
    writeFileSync(join(place, ".dockerignore"), "*\n!Dockerfile\n!node_modules\n");
    writeFileSync(join(place, "Dockerfile"), "FROM scratch\nCOPY node_modules /node_modules\n");
    const log = join(madeCacheFolder(process.env, "images", "logs"), "app-packages.log");
    writeFileSync(log, "");
    const labels = { "berth.image": "app-packages" };
    const build = { reference, context: place, buildArguments: {}, labels, log };
    const built = await engine.build({ ...build, onLine: () => undefined });
    if (built.code !== 0) throw new Error(`The image ${reference} could not be built:\n${built.tail}`);
    await engine.removeOtherTags(reference);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

async function install(folder: string, architecture: string, signal: AbortSignal): Promise<void> {
  // The engine's platform, which need not be this machine's.
  const platform = ["--os=linux", `--cpu=${nodeArchitectures[architecture] ?? architecture}`, "--libc=glibc"];
  const quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"];
  // `npm run` leaves the outer project's prefix here, which would send npm there.
  const env = { ...process.env };
  delete env["npm_config_local_prefix"];
  const ended = await capture(
    { command: "npm", args: ["ci", "--omit=dev", "--ignore-scripts", ...platform, ...quiet] },
    { signal, tree: true, cwd: folder, env },
  );
  if (signal.aborted) throw new Interrupted();
  if (ended.missing) throw new Error("npm is not on PATH. Install Node with npm.");
  if (ended.code === 0) return;
  throw new Error(
    `The application's packages could not be installed (packagesFrom deployer):\n${ended.stderr.trim()}\n` +
      "This machine's npm has to be able to install them: try `npm ci` in app/. Tokens belong into ~/.npmrc.",
  );
}
