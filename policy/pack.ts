import { PolicyPack } from "@pulumi/policy";
import { knownInputs } from "./known-inputs.ts";
import { rules } from "./rules.ts";

/** The rules as a pack for Pulumi's engine: in previews, in updates, and over a state. */
new PolicyPack("berth", {
  policies: rules.map(({ check, description, level, name, type: wanted }) => ({
    name,
    description,
    enforcementLevel: level,
    validateResource: ({ name: resource, props, type }, report) => {
      if (type !== wanted) return;
      const inputs = knownInputs(props) as Record<string, unknown>;
      for (const what of check({ type, name: resource, inputs })) report(`${resource} ${what}.`);
    },
  })),
});
