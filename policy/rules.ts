import { containerRules } from "./container-rules.ts";
import { imageRules } from "./image-rules.ts";
import { portRules } from "./port-rules.ts";
import { providerRules } from "./provider-rules.ts";
import type { Rule } from "./rule.ts";
import { secretRules } from "./secret-rules.ts";
import type { Shape } from "./shape.ts";
import { volumeRules } from "./volume-rules.ts";

/** Every rule, as `--policy-pack policy/berth-policy` and `berth policy` apply them. */
export const rules: readonly Rule[] = [
  ...portRules,
  ...secretRules,
  ...containerRules,
  ...imageRules,
  ...volumeRules,
  ...providerRules,
];

/** A rule that does not hold, and where. */
export interface Violation {
  readonly rule: string;
  readonly level: Rule["level"];
  /** Name of the resource in the program. */
  readonly resource: string;
  /** What is wrong and how it is mended, without the resource's name. */
  readonly what: string;
}

/** Everything that is wrong with some resources, in their order. */
export function violations(shapes: readonly Shape[]): Violation[] {
  return shapes.flatMap((shape) =>
    rules
      .filter(({ type }) => type === shape.type)
      .flatMap(({ check, level, name }) =>
        check(shape).map((what) => ({ rule: name, level, resource: shape.name, what })),
      ),
  );
}
