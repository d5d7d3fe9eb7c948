import type { Rule } from "./rule.ts";
import { containerType, elements, text, unknown, type Shape } from "./shape.ts";

/** As Docker writes a duration back: no part above its bound, no part without its unit. */
const goDuration = /^(?:\d+h)?(?:[0-5]?\dm)?(?:[0-5]?\d(?:\.\d+)?s)?(?:\d+ms)?$/;

/** `60s` comes back as `1m0s`: another spelling, another change, for ever. */
function durations(shape: Shape): string[] {
  const check = shape.inputs["healthcheck"] as Readonly<Record<string, unknown>> | undefined;
  return ["interval", "timeout", "startPeriod"].flatMap((part) => {
    const value = check?.[part];
    if (typeof value !== "string" || (value !== "" && goDuration.test(value))) return [];
    return [`healthcheck.${part} ${value} is a change at every refresh. Write it as Docker does: 1m0s`];
  });
}

function unheard(shape: Shape): string[] {
  const wrong: Readonly<Record<string, string>> = {
    links: "Docker has given up links: use aliases of networksAdvanced",
    uploads: "their content would be in the state: use a volume that a command fills",
    rm: "the container is gone once it ends, and the state does not know",
  };
  return Object.entries(wrong).flatMap(([input, why]) => {
    const value = shape.inputs[input];
    return value === undefined || value === false || (Array.isArray(value) && value.length === 0)
      ? []
      : [`has ${input}: ${why}`];
  });
}

/** What the provider for Docker reports again and again, or does not do, without an error. */
export const providerRules: readonly Rule[] = [
  {
    name: "provider-traps",
    description: "Nothing is asked of the provider that it reports for ever, or forgets.",
    level: "mandatory",
    type: containerType,
    check: (shape) => [
      ...durations(shape),
      ...unheard(shape),
      ...elements(shape, "envs")
        .filter((one) => typeof one === "string" && !one.includes("="))
        .map(
          (one) =>
            `has the variable ${String(one)} without a value: Docker leaves it out, and it is a change for ever`,
        ),
      ...(shape.inputs["image"] === unknown || (text(shape, "image") ?? "") !== "" ? [] : ["has no image"]),
    ],
  },
];
