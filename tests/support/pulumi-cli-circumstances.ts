import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import type { PulumiCliCircumstances } from "../../cli/pulumi-cli/pulumi-cli.ts";

/**
 * A world of its own for the search of a Pulumi CLI: cache, home, PATH, and a site that does not
 * answer.
 */
export interface PulumiCliWorld {
  readonly folder: string;
  readonly cache: string;
  /** Pulumi's home of the pretended user. */
  readonly home: string;
  /** First and only folder of the pretended user's PATH besides the system's own. */
  readonly bin: string;
  /** What the step reported. */
  readonly lines: string[];
  readonly at: PulumiCliCircumstances;
}

const root = join(import.meta.dirname, "..", "..");

/** Makes a world for one test, and removes it with the test. */
export function pulumiCliWorld(
  context: TestContext,
  given: Partial<PulumiCliCircumstances> = {},
): PulumiCliWorld {
  const folder = mkdtempSync(join(tmpdir(), "berth-pulumi-cli-"));
  context.after(() => {
    // Go leaves a process behind that still writes its telemetry's folder into this home.
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  });
  const [cache, home, bin] = [join(folder, "cache"), join(folder, "home"), join(folder, "bin")];
  for (const made of [home, bin]) mkdirSync(made);
  const lines: string[] = [];
  const at: PulumiCliCircumstances = {
    env: { PATH: `${bin}:/usr/bin:/bin`, HOME: folder, BERTH_CACHE: cache, PULUMI_HOME: home },
    root,
    // Port 9 of loopback: the discard service, which no machine runs any more.
    vendor: "http://127.0.0.1:9",
    answerTime: 2000,
    reporter: { line: (text) => lines.push(text) },
    ...given,
  };
  return { folder, cache, home, bin, lines, at };
}

/** Writes an executable shell script. */
export function writeScript(file: string, body: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
}

/** A checkout with this one's pinned versions and a toolchain of its own. */
export function checkoutWith(folder: string, toolchain: Readonly<Record<string, string>>): string {
  const made = join(folder, "checkout");
  mkdirSync(made);
  cpSync(join(root, "package.json"), join(made, "package.json"));
  for (const [name, content] of Object.entries(toolchain)) {
    const file = join(made, "toolchain", name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  return made;
}
