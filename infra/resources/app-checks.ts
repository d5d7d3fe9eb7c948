import type { Words } from "../../declaration/command.ts";
import type { Declaration } from "../../declaration/read-declaration.ts";
import { layerFolder } from "../facts/app-environment.ts";

/** What a healthy replica answers with 0; run inside it. */
export function replicaCheck({ check }: Pick<Declaration, "check">): Words {
  return check ?? ["node", `${layerFolder}/check.cjs`];
}

/** The same for a worker, of which nothing is known but that its process runs. */
export function workerCheck({ workerCheck: check }: Pick<Declaration, "workerCheck">): Words {
  return check ?? ["node", `${layerFolder}/check.cjs`, "process"];
}
