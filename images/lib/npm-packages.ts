import { createHash } from "node:crypto";
import { readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { capture } from "../../system/run.ts";
import { Interrupted } from "./docker-engine.ts";

interface PinnedPackage {
  readonly version: string;
  /** As npm's registry and lockfiles write it: `sha512-` and base64. */
  readonly integrity: string;
}

/** Node's name for an architecture that Docker calls by another. */
export const nodeArchitectures: Readonly<Record<string, string>> = { amd64: "x64", arm64: "arm64" };

/**
 * Puts the npm packages that a recipe's `packages.json` pins into a build context, as `node.tgz`
 * and `npm.tgz`.
 *
 * They are fetched by this machine's npm, not inside the build: it knows the registry, proxy and
 * certificates that the machine is set to, and after `npm ci` has the large one in its cache.
 * Packages are checked against the pins.
 *
 * @param architecture the Docker engine's, which need not be this machine's.
 */
export async function addNpmPackages(
  recipe: string,
  context: string,
  architecture: string,
  signal: AbortSignal,
): Promise<void> {
  const pins = JSON.parse(readFileSync(join(recipe, "packages.json"), "utf8")) as Record<
    string,
    PinnedPackage
  >;
  const node = nodeArchitectures[architecture];
  const packages = { "node.tgz": `node-linux-${node ?? architecture}`, "npm.tgz": "npm" };
  for (const [file, name] of Object.entries(packages)) {
    const pin = pins[name];
    if (pin === undefined) {
      throw new Error(
        `images/node/packages.json pins no ${name}: this engine's architecture is not supported.`,
      );
    }
    const fetched = await pack(`${name}@${pin.version}`, context, signal);
    verify(fetched, `${name}@${pin.version}`, pin.integrity);
    renameSync(fetched, join(context, file));
  }
}

async function pack(specifier: string, folder: string, signal: AbortSignal): Promise<string> {
  const ended = await capture(
    {
      command: "npm",
      args: [
        "pack",
        specifier,
        "--silent",
        "--prefer-offline",
        "--ignore-scripts",
        "--pack-destination",
        folder,
      ],
    },
    { signal, tree: true, cwd: import.meta.dirname },
  );
  if (signal.aborted) throw new Interrupted();
  const file = ended.stdout.trim().split("\n").at(-1);
  if (ended.code !== 0 || file === undefined || file === "") {
    throw new Error(`npm could not fetch ${specifier}: ${ended.stderr.trim()}`);
  }
  return join(folder, file);
}

function verify(path: string, specifier: string, integrity: string): void {
  const found = `sha512-${createHash("sha512").update(readFileSync(path)).digest("base64")}`;
  if (found !== integrity) {
    throw new Error(`${specifier} is not the package pinned in images/node/packages.json: ${found}.`);
  }
}
