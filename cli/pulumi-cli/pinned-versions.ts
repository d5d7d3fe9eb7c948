import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** A resource plugin as `pulumi plugin install resource` takes it. */
export interface PluginVersion {
  readonly name: string;
  readonly version: string;
}

/** The versions that belong together: those of the npm packages that the Pulumi program imports. */
export interface PinnedVersions {
  /**
   * Version of the CLI; an older one on PATH is not used, because the program's SDK is this new.
   */
  readonly pulumi: string;
  readonly plugins: readonly PluginVersion[];
}

const exact = z.string().regex(/^\d+\.\d+\.\d+$/, "must be an exact version such as 1.2.3");
const manifest = z.object({
  dependencies: z.object({
    "@pulumi/pulumi": exact,
    "@pulumi/docker": exact,
    "@pulumi/random": exact,
    "@pulumi/command": exact,
  }),
});

/**
 * Reads the versions from the checkout's package.json, which pins them exactly.
 * @param root folder of the checkout
 */
export function pinnedVersions(root: string): PinnedVersions {
  const { dependencies } = manifest.parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));
  return {
    pulumi: dependencies["@pulumi/pulumi"],
    plugins: [
      { name: "docker", version: dependencies["@pulumi/docker"] },
      { name: "random", version: dependencies["@pulumi/random"] },
      { name: "command", version: dependencies["@pulumi/command"] },
    ],
  };
}

/**
 * Whether version a is b or newer. Both are `major.minor.patch`; what follows, such as `-alpha.1`,
 * is not looked at.
 */
export function atLeast(a: string, b: string): boolean {
  const [left, right] = [numbers(a), numbers(b)];
  for (let i = 0; i < 3; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function numbers(version: string): number[] {
  return version
    .replace(/[^\d.].*$/, "")
    .split(".")
    .map(Number);
}
