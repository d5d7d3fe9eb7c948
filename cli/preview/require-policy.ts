import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { madeCacheFolder } from "../../system/cache-folder.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { checkout } from "../checkout.ts";
import type { Pulumi } from "../pulumi/pulumi.ts";
import type { Session } from "../session.ts";
import type { StackConfig } from "../../stacks/stack-config.ts";
import { plannedViolations, renderViolations } from "./judged-plan.ts";

/**
 * What decides on the shape of a stack's containers, beside its settings: those are checked when
 * they are read, but for the application's own variables and image.
 */
const sources = ["infra", "policy", "stacks", "declaration", "package-lock.json"];

/**
 * Before a program that was changed deploys for the first time, looks at what it would make. A
 * program whose like was accepted on this machine deploys at once: the look takes as long as a
 * preview.
 * @throws CommandError if a mandatory rule of policy/ does not hold; nothing was changed
 */
export async function requirePolicy(session: Session, pulumi: Pulumi, config: StackConfig): Promise<void> {
  const { app, kind, release } = config;
  const given = JSON.stringify([kind, app.env, release.appImage]);
  const accepted = join(madeCacheFolder(session.env, "policy"), programHash(checkout.root, given));
  if (existsSync(accepted)) return;
  const args = ["preview", "--json", "--suppress-outputs", "--stack", config.stack];
  const planned = await session.steps.run("Policy", async () => ({
    value: await pulumi.try(args),
    note: "the program was changed; its containers were looked at",
    worked: true,
  }));
  session.interruption.check();
  // What the program refuses by itself, `up` says best.
  if (planned.code !== 0 || !planned.stdout.trimStart().startsWith("{")) return;
  const found = plannedViolations(planned.stdout).filter(({ level }) => level === "mandatory");
  if (found.length > 0) {
    throw new CommandError(
      `policy/ does not allow what the program would make. Nothing was changed.\n${renderViolations(found)}`,
      exitCode.failed,
    );
  }
  writeFileSync(accepted, "");
}

/**
 * Names the state of a program's sources.
 * @param given what it is given beside them
 */
export function programHash(root: string, given: string): string {
  const hash = createHash("sha256").update(`${given}\n`);
  for (const source of sources) {
    const files = source.includes(".") ? [source] : filesBelow(root, source);
    for (const file of files)
      hash
        .update(`${file}\n`)
        .update(readFileSync(join(root, file)))
        .update("\0");
  }
  return hash.digest("hex").slice(0, 24);
}

function filesBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}
