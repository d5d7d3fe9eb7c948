import type { Shape } from "./shape.ts";

/** Something that has to hold for every resource of a type. */
export interface Rule {
  /** As it is named in messages and in a pack's configuration. */
  readonly name: string;
  /** What has to hold, as a sentence. */
  readonly description: string;
  /** `advisory` is told and stops nothing. */
  readonly level: "mandatory" | "advisory";
  /** Pulumi's type of the resources that it is about. */
  readonly type: string;
  /** What is wrong with a resource of that type, each with its fix; empty if the rule holds. */
  readonly check: (shape: Shape) => readonly string[];
}
