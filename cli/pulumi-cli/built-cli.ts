import { mkdirSync, renameSync, rmSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { follow } from "../../system/run.ts";
import { cacheFolder } from "../../system/cache-folder.ts";
import { NoPulumiCli, type PulumiCli, type PulumiCliCircumstances } from "./pulumi-cli.ts";
import { pulumiCliIn, environmentOf, layoutOf } from "./install-folder.ts";
import { findGo } from "./go-compiler.ts";
import { installPlugins } from "./install-plugins.ts";
import { makeInstallFolder } from "./make-install-folder.ts";
import type { PinnedVersions } from "./pinned-versions.ts";
import { toolchainHash } from "./toolchain-hash.ts";

/**
 * The Pulumi CLI that was built from this checkout's toolchain/, by this checkout or another one
 * with the same.
 */
export function cachedBuiltCli(at: Pick<PulumiCliCircumstances, "root" | "env">): PulumiCli | undefined {
  return pulumiCliIn(builtFolder(at), "built", at.env);
}

/**
 * Compiles the Pulumi CLI from Go modules: minutes, once.
 * @throws CommandError (exit code 3) without Go, or if the build fails
 */
export async function buildPulumiCli(
  versions: PinnedVersions,
  at: PulumiCliCircumstances,
): Promise<PulumiCli> {
  const folder = builtFolder(at);
  await makeInstallFolder(folder, versions.pulumi, "building the Pulumi CLI", at, (work) =>
    build(versions, work, at),
  );
  const pulumiCli = pulumiCliIn(folder, "built", at.env);
  if (pulumiCli === undefined) throw new Error(`${folder} is not complete`);
  return pulumiCli;
}

function builtFolder({ root, env }: Pick<PulumiCliCircumstances, "root" | "env">): string {
  return join(cacheFolder(env), `pulumi-built-${toolchainHash(join(root, "toolchain"))}`);
}

async function build(versions: PinnedVersions, work: string, at: PulumiCliCircumstances): Promise<void> {
  const toolchain = join(at.root, "toolchain");
  const go = await findGo(toolchain, at.env);
  at.reporter.line(`compiling Pulumi ${versions.pulumi} and its plugins with ${go}: minutes, this once`);
  const env = { ...at.env, CGO_ENABLED: "0", PATH: [dirname(go), at.env["PATH"] ?? ""].join(delimiter) };
  const [tool, made] = [join(work, "build"), join(work, "made")];
  // Compiled and then run, because `go run` does not pass a signal on to the program.
  // With the flags of the build itself, so that both share what Go keeps of its library.
  const flags = ["-trimpath", "-buildvcs=false"];
  await step([go, "build", ...flags, "-o", tool, "./cmd/build"], toolchain, env, at);
  await step([tool, "--out", made], toolchain, env, at);
  rmSync(tool);

  const { bin, pulumi } = layoutOf(work);
  mkdirSync(bin);
  for (const name of ["pulumi", "pulumi-language-nodejs"]) renameSync(join(made, name), join(bin, name));
  const fileOf = ({ name }: { name: string }) => join(made, `pulumi-resource-${name}`);
  const own = { ...env, ...environmentOf(work, at.env) };
  try {
    await installPlugins(pulumi, versions.plugins, own, at, fileOf);
  } catch (error) {
    if (error instanceof NoPulumiCli) throw new CommandError(error.message, exitCode.environment);
    throw error;
  }
  rmSync(made, { recursive: true });
}

async function step(
  [command = "", ...args]: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  { reporter, signal }: PulumiCliCircumstances,
): Promise<void> {
  const onLine = (line: string) => {
    reporter.line(line);
  };
  const { code, tail } = await follow({ command, args }, onLine, {
    env,
    cwd,
    ...(signal === undefined ? {} : { signal }),
  });
  signal?.throwIfAborted();
  if (code === 0) return;
  throw new CommandError(
    `The Pulumi CLI cannot be built:\n${tail}\n${remedyOf(tail)}` +
      "Then run the command again; the modules compiled so far are kept.",
    exitCode.environment,
  );
}

/** What helps against the failures that machines and networks are good for. */
function remedyOf(words: string): string {
  if (words.includes("no space left on device")) {
    return (
      "A build needs 4 GB for Go's caches, 1 GB for the Pulumi CLI and 1 GB for temporary files. Free them, or name " +
      "folders on a larger disk with GOCACHE and GOMODCACHE, BERTH_CACHE, and TMPDIR. "
    );
  }
  if (/dial tcp|TLS handshake|x509:|proxyconnect|i\/o timeout|no such host/.test(words)) {
    return (
      "Go modules come from https://proxy.golang.org, or from where GOPROXY says; HTTPS_PROXY names a proxy on the " +
      "way, SSL_CERT_FILE the certificates of a network that inspects TLS. "
    );
  }
  return "Mend that. ";
}
