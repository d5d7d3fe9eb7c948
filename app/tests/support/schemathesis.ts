import { execFile } from "node:child_process";
import { access, mkdir, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What a seed repeats depends on Hypothesis too. */
const pinned = ["schemathesis==4.32.5", "hypothesis==6.170.17"];

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/**
 * Path of the program, installed once into berth's cache; an Error says why it cannot be had, for
 * `skip`.
 */
export async function installSchemathesis(): Promise<string | Error> {
  const cache = process.env["BERTH_CACHE"] ?? join(homedir(), ".cache", "berth");
  const folder = join(cache, pinned.join("-").replaceAll("==", "-"));
  const [program, whole] = [join(folder, "bin", "schemathesis"), join(folder, "whole")];
  if (await exists(whole)) return program;
  try {
    // Programs of a virtual environment hold its path, so it is made in place; half of one is taken
    // away first.
    await rm(folder, { recursive: true, force: true });
    await mkdir(cache, { recursive: true });
    await run("python3", ["-m", "venv", folder]);
    await run(join(folder, "bin", "pip"), ["install", "--quiet", "--disable-pip-version-check", ...pinned]);
    await writeFile(whole, "");
    return program;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    const reason = error instanceof Error ? (error.message.trim().split("\n").at(-1) ?? "") : String(error);
    return new Error(`Schemathesis needs python3 with venv, and PyPI: ${reason}`);
  }
}

/**
 * Runs it to its end, whatever it finds. @param folder where it looks for a configuration file, and
 * keeps what it learns
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  folder: string,
): Promise<{ readonly status: number; readonly output: string }> {
  return run(program, args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 }).then(
    ({ stdout, stderr }) => ({ status: 0, output: stdout + stderr }),
    (error: unknown) => {
      const { code, stdout, stderr } = error as { code?: number; stdout?: string; stderr?: string };
      return { status: code ?? 1, output: `${stdout ?? ""}${stderr ?? ""}` };
    },
  );
}
