import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseStateFile, type Deployment } from "../pulumi/deployment.ts";
import { projectName } from "../settings/project.ts";

/**
 * A stack's state in a backend on this machine's disk, without Pulumi: to ask that takes half a
 * second.
 * @returns undefined if there is no such stack, or its file has another form than expected
 */
export function readLocalState(folder: string, stack: string): Deployment | undefined {
  try {
    const file = join(folder, ".pulumi", "stacks", projectName(), `${stack}.json`);
    return parseStateFile(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
