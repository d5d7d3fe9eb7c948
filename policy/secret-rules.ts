import type { Rule } from "./rule.ts";
import { containerType, elements, variables, type Shape } from "./shape.ts";

/** Names of variables whose value opens something. */
const secretName =
  /(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|CREDENTIALS?)(?:_|$)/;

/** Names that end in what is no secret: where it is, what it is called, how long it lives. */
const about = /_(?:FILE|PATH|DIR|NAME|ID|URL|TTL|LIFETIME|LENGTH|TIMEOUT|RETENTION|ALGORITHM|HEADER)$/;

/** `scheme://user:password@host`. */
const credentials = /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:[^\s/@]+@/i;

const privateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;

/** How Pulumi shows a secret in a preview, and marks one in a state. */
const marked = /\[secret\]|1b47061264138c4ac30d75fd1eb44270/;

const opens = (value: string) => credentials.test(value) || privateKey.test(value) || marked.test(value);

const fix = "Give it as a secret (npx berth settings secrets.NAME): it arrives as a file";

function inEnvironment(shape: Shape): string[] {
  const named = variables(shape)
    .filter(([name, value]) => value !== "" && ((secretName.test(name) && !about.test(name)) || opens(value)))
    .map(([name]) => `has a secret in ${name}, which docker inspect shows. ${fix}`);
  const whole = JSON.stringify(shape.inputs["envs"] ?? "");
  return named.length === 0 && marked.test(whole)
    ? [`has a secret among its variables, which docker inspect shows. ${fix}`]
    : named;
}

function elsewhere(shape: Shape): string[] {
  return ["command", "entrypoints", "labels", "uploads"].flatMap((input) =>
    elements(shape, input).some((one) => opens(JSON.stringify(one)))
      ? [`has a secret in its ${input}, which docker inspect shows. ${fix}`]
      : [],
  );
}

export const secretRules: readonly Rule[] = [
  {
    name: "no-secret-shown",
    description: "No secret is in a container's variables, arguments or labels.",
    level: "mandatory",
    type: containerType,
    check: (shape) => [...inEnvironment(shape), ...elsewhere(shape)],
  },
];
