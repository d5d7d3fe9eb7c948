import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { capture } from "../../system/run.ts";
import { held, judge } from "./held.ts";
import { notSeen, type JudgedPin, type Judgement, type Pin } from "./pin.ts";

const versions = z.record(z.string(), z.string());
const manifest = z.object({
  dependencies: versions.default({}),
  devDependencies: versions.default({}),
  optionalDependencies: versions.default({}),
});
const imagePackages = z.record(z.string(), z.object({ version: z.string() }));
/** One version is a text of its own, where several are a list. */
const published = z.object({
  "dist-tags": z.object({ latest: z.string().optional() }),
  versions: z.union([z.string().transform((version) => [version]), z.array(z.string())]),
});

/**
 * Packages that the checkout pins: those of berth, of the application and of the image `node`. What
 * several of them pin alike is there once.
 * @param root folder of the checkout
 */
export function npmPins(root: string): Pin[] {
  const read = (file: string): unknown => JSON.parse(readFileSync(join(root, file), "utf8"));
  const manifests = ["package.json", "app/package.json"].map((file) => manifest.parse(read(file)));
  const all = [
    ...manifests.flatMap(({ dependencies, devDependencies, optionalDependencies }) =>
      [dependencies, optionalDependencies, devDependencies].flatMap((group) => Object.entries(group)),
    ),
    ...Object.entries(imagePackages.parse(read("images/node/packages.json"))).map(
      ([name, { version }]) => [name, version] as const,
    ),
  ];
  const distinct = new Map(all.map(([name, pinned]) => [`${name}@${pinned}`, { name, pinned }]));
  return [...distinct.values()].map((pin) => ({ kind: "npm", ...pin }));
}

/**
 * Asks this machine's npm about a package: it knows the registry, proxy, certificates and logins
 * that the machine is set to. `npm outdated` is no help, since it passes over a package that its
 * registry refuses.
 */
export async function judgeNpmPin(pin: Pin, root: string, env: NodeJS.ProcessEnv): Promise<JudgedPin> {
  const args = ["view", pin.name, "dist-tags", "versions", "--json", "--loglevel=silent"];
  const { code, stdout, stderr } = await capture(
    { command: "npm", args },
    { cwd: root, env, timeout: 60_000 },
  );
  return { ...pin, ...(code === 0 ? judged(pin, stdout) : notSeen(new Error(reason(stdout, stderr)))) };
}

function judged({ name, pinned }: Pin, stdout: string): Judgement {
  const { versions: offered, "dist-tags": tags } = published.parse(JSON.parse(stdout));
  // Older lines go on beside the latest one: where a hold keeps a package in its line, they count.
  return judge(name, pinned, offered, name in held ? undefined : tags.latest);
}

const failure = z.object({ error: z.object({ summary: z.string().min(1) }) });

function reason(stdout: string, stderr: string): string {
  try {
    return failure.parse(JSON.parse(stdout)).error.summary;
  } catch {
    return stderr.trim() || "npm did not answer within 60 s";
  }
}
