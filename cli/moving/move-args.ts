import type { Declaration } from "../../declaration/read-declaration.ts";
import type { Docker } from "../../system/docker.ts";
import type { OldSetup } from "./old-setup.ts";

/** From where to where. */
export interface MoveArgs {
  /** Engine of the old set-up. */
  readonly from: Docker;
  readonly old: OldSetup;
  /** Engine of the stack. */
  readonly docker: Docker;
  readonly project: string;
  readonly stack: string;
  readonly declaration: Declaration;
}
