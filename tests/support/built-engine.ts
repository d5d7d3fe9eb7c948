import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { canInstall } from "../../cli/apt.ts";
import { cacheFolder } from "../../system/cache-folder.ts";
import { finish } from "./docker.ts";

/** The Go module that pins the programs of the engine. */
const module = join(import.meta.dirname, "../engine");

/** What the engine and the client say their version is; the modules do not know it themselves. */
export const engineVersion = "29.8.1";
const clientVersion = "29.8.0";

interface Program {
  readonly name: string;
  readonly from: string;
  readonly flags: readonly string[];
  /** Links C libraries. */
  readonly cgo?: true;
}

const programs: readonly Program[] = [
  {
    name: "docker",
    from: "github.com/docker/cli/cmd/docker",
    // The module has no go.mod, and Go would take it for one of Go 1.16.
    flags: [
      ...["-tags=osusergo", "-gcflags=github.com/docker/cli/...=-lang=go1.26"],
      `-ldflags=-s -w -X github.com/docker/cli/cli/version.Version=${clientVersion}`,
    ],
  },
  { name: "docker-proxy", from: "github.com/moby/moby/v2/cmd/docker-proxy", flags: ["-ldflags=-s -w"] },
  {
    name: "containerd",
    from: "github.com/containerd/containerd/v2/cmd/containerd",
    flags: ["-tags=no_cri no_btrfs no_devmapper no_zfs", "-ldflags=-s -w"],
  },
  {
    name: "containerd-shim-runc-v2",
    from: "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2",
    flags: ["-tags=no_grpc", "-ldflags=-s -w"],
  },
  {
    name: "dockerd",
    from: "github.com/moby/moby/v2/cmd/dockerd",
    flags: [
      "-tags=netgo osusergo nri_no_wasm exclude_graphdriver_btrfs",
      `-ldflags=-s -w -X github.com/moby/moby/v2/dockerversion.Version=${engineVersion}`,
    ],
  },
  {
    name: "runc",
    from: "github.com/opencontainers/runc",
    flags: ["-tags=seccomp", "-ldflags=-s -w"],
    cgo: true,
  },
];

/** Debian's packages that runc is linked with, and the init that the engine gives to containers. */
const packages = ["gcc", "libc6-dev", "libseccomp-dev", "pkg-config", "tini"];

/** The cache's folder for the engine that the module describes today. */
function folder(): string {
  const hash = createHash("sha256");
  for (const file of ["go.mod", "go.sum"]) hash.update(readFileSync(join(module, file)));
  hash.update(JSON.stringify(programs));
  return join(cacheFolder(process.env), `engine-${hash.digest("hex").slice(0, 12)}`);
}

/** Folder with the engine's programs if they have been built before. */
export function engineInCache(): string | undefined {
  return existsSync(folder()) ? folder() : undefined;
}

/**
 * Docker Engine 29 and its client, compiled from Go modules: about six minutes of processor time,
 * once.
 * @param said is told what is being compiled
 * @returns folder with `dockerd`, `docker` and what they start
 * @throws Error with what is missing, or with the compiler's words
 */
export async function builtEngine(said: (line: string) => void): Promise<string> {
  const ready = engineInCache();
  if (ready !== undefined) return ready;
  await installPackages();
  const partial = `${folder()}.${randomUUID().slice(0, 8)}`;
  mkdirSync(partial, { recursive: true });
  try {
    for (const { name, from, flags, cgo } of programs) {
      said(`compiling ${name}`);
      const built = await finish("go", ["build", "-trimpath", ...flags, "-o", join(partial, name), from], {
        cwd: module,
        env: { CGO_ENABLED: cgo === true ? "1" : "0" },
      });
      if (built.status !== 0) throw new Error(`${name} cannot be compiled: ${built.stderr.slice(-2000)}`);
    }
    symlinkSync("/usr/bin/tini-static", join(partial, "docker-init"));
    renameSync(partial, folder());
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return folder();
}

async function installPackages(): Promise<void> {
  const missing = (await finish("dpkg-query", ["--show", ...packages])).status !== 0;
  if (!missing) return;
  if (!canInstall()) throw new Error(`The engine's build needs Debian's ${packages.join(", ")}.`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await finish("apt-get", ["update"], { env });
  const got = await finish("apt-get", ["install", "-y", "--no-install-recommends", ...packages], { env });
  if (got.status !== 0)
    throw new Error(`${packages.join(", ")} cannot be installed: ${got.stderr.slice(-500)}`);
}
