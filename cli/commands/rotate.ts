import { Argument } from "commander";
import { wantsCache } from "../../declaration/template.ts";
import type { StackConfig } from "../../stacks/stack-config.ts";
import type { Session } from "../session.ts";
import { changeSettings, type ChangeOptions } from "../deploy/change-settings.ts";
import { stackDeclaration } from "../settings/stack-declaration.ts";
import { stackCommand, type AddCommand } from "./command.ts";
import { changeOptions } from "./options.ts";

/** The settings that rotate each secret. */
const rotations = {
  database: ["databaseRotation"],
  session: ["sessionRotation"],
  cache: ["cacheRotation"],
  all: ["databaseRotation", "sessionRotation", "cacheRotation"],
} as const;

type Secret = keyof typeof rotations;

/** `berth rotate`: new secrets, and a rolling change to them. */
export const addRotate: AddCommand = (program, run) => {
  const command = stackCommand(
    program,
    "rotate",
    "replace a secret and deploy it; no request fails and all sessions stay",
    [
      [
        "npx berth rotate database --stack prod",
        "the application's database password; the old one ends with it",
      ],
      [
        "npx berth rotate session --stack prod",
        "the key that signs; the old one verifies for keyOverlap hours",
      ],
      ["npx berth rotate all --stack prod --yes", "both, and the password of Redis, without asking"],
    ],
  ).addArgument(new Argument("<secret>", "which secret").choices(Object.keys(rotations)));
  for (const option of changeOptions()) command.addOption(option);
  command.action(async (secret: Secret, options: ChangeOptions) =>
    run({ showSteps: true }, (session) => rotate(session, secret, options)),
  );
};

async function rotate(session: Session, secret: Secret, options: ChangeOptions): Promise<number> {
  return changeSettings(session, "rotate", options, ({ config }) => {
    const now = new Date().toISOString();
    const settings = rotations[secret].filter(
      (name) => config.cache !== undefined || name !== "cacheRotation",
    );
    const warning = settings.includes("cacheRotation") ? withoutRedis(options.stack, config) : undefined;
    if (warning !== undefined) session.say(warning);
    return Promise.resolve({
      what: `rotates ${secret === "all" ? "all secrets that berth makes" : `the ${secret} secret`} of stack ${options.stack}`,
      changes: Object.fromEntries(settings.map((name) => [name, now])),
      // What was rotated stays rotated: the next `up` goes on from there.
      restore: false,
    });
  });
}

/**
 * berth's own application does without Redis for a while; of others nobody knows.
 * @returns what to say of a new password of Redis; undefined if nothing depends on it
 */
function withoutRedis(stack: string, { app }: StackConfig): string | undefined {
  const { env, runtime } = stackDeclaration(stack);
  if (runtime === "native" || !wantsCache({ ...env, ...app.env })) return undefined;
  return `Redis restarts with its new password, and the replicas that run know the old one: what the application asks Redis fails until its new replicas serve. Without that: npx berth rotate database --stack ${stack}, and npx berth rotate session --stack ${stack}`;
}
