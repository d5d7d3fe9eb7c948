import { readFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { capture } from "../../system/run.ts";
import { findOnPath, isExecutable } from "./find-on-path.ts";
import { atLeast } from "./pinned-versions.ts";

/**
 * From this version on, Go fetches the newer Go that a module asks for
 * (https://go.dev/doc/toolchain).
 */
const fetchesToolchains = "1.21.0";

const answer = z.object({ GOVERSION: z.string(), GOTOOLCHAIN: z.string() });

/**
 * A Go compiler that can build the toolchain.
 * @param toolchain folder with the go.mod that says which Go it needs
 * @returns path of the go command
 * @throws CommandError (exit code 3) that says how to get one
 */
export async function findGo(toolchain: string, env: NodeJS.ProcessEnv): Promise<string> {
  const needed = neededGo(toolchain);
  const problems: string[] = [];
  for (const go of candidates(env)) {
    // Away from the module: there, an old Go would at once fetch a newer one to answer.
    const asked = await capture(
      { command: go, args: ["env", "-json", "GOVERSION", "GOTOOLCHAIN"] },
      { env, cwd: tmpdir(), timeout: 20_000 },
    );
    const { problem } = judgeGo(go, asked.code === 0 ? asked.stdout : "", needed);
    if (problem === undefined) return go;
    problems.push(problem);
  }
  throw new CommandError(missingGo(needed, problems), exitCode.environment);
}

/** The version in the `go` line of go.mod. */
export function neededGo(toolchain: string): string {
  const line = /^go (\d+\.\d+(?:\.\d+)?)$/m.exec(readFileSync(join(toolchain, "go.mod"), "utf8"));
  if (line?.[1] === undefined) throw new Error(`${toolchain}/go.mod names no Go version`);
  return line[1];
}

/** @param json what `go env -json GOVERSION GOTOOLCHAIN` prints */
export function judgeGo(go: string, json: string, needed: string): { problem?: string } {
  let known: z.infer<typeof answer>;
  try {
    known = answer.parse(JSON.parse(json));
  } catch {
    return { problem: `${go} does not tell its version` };
  }
  const version = known.GOVERSION.replace(/^go/, "");
  if (atLeast(version, needed)) return {};
  if (!atLeast(version, fetchesToolchains)) return { problem: `${go} is version ${version}` };
  if (known.GOTOOLCHAIN !== "local") return {};
  return {
    problem: `${go} is version ${version} and may not fetch a newer one; with GOTOOLCHAIN=auto set it may`,
  };
}

function candidates(env: NodeJS.ProcessEnv): string[] {
  const onPath = findOnPath("go", env);
  // Where Go's own archive, Debian's newer packages and snap put it, for shells whose PATH does not
  // say so.
  const usual = [
    "/usr/local/go/bin/go",
    "/usr/lib/go/bin/go",
    join(homedir(), "go", "bin", "go"),
    "/snap/bin/go",
  ];
  return [
    ...(onPath === undefined ? [] : [onPath]),
    ...usual.filter((go) => go !== onPath && isExecutable(go)),
  ];
}

function missingGo(needed: string, problems: readonly string[]): string {
  const arch = process.arch === "x64" ? "amd64" : process.arch;
  const archive = `go${needed}.${process.platform}-${arch}.tar.gz`;
  return [
    `The Pulumi CLI has to be compiled on this machine, which needs Go ${needed} or newer, or a Go ${fetchesToolchains} or newer that may fetch one.`,
    problems.length === 0 ? "There is no Go here." : problems.map((problem) => `${problem}.`).join("\n"),
    "Install Go in one of these ways, and run the command again:",
    `  curl -fsSLO https://go.dev/dl/${archive} && tar -C /usr/local -xzf ${archive}`,
    "  apt-get install golang-go      (Debian 13, Ubuntu 24.04 and newer)",
    "  dnf install golang             (Fedora)",
    "Or put a Pulumi CLI with its plugins on PATH: https://www.pulumi.com/docs/install/",
  ].join("\n");
}
