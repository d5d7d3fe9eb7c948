import { fixOf } from "../../stacks/field.ts";
import type { CommandedSecret } from "../../stacks/secrets-from.ts";
import { capture, type Captured } from "../../system/run.ts";

/** Milliseconds that a password manager may take: somebody may have to unlock it. */
const patience = 300_000;

/** Secrets that could not be had; the message names each, and the fix. */
export class SecretsError extends Error {}

/** Characters of what a failed command has said that are repeated. */
const repeated = 300;

/**
 * Runs the commands that print secrets, all at once, with the deployer's environment but for what
 * Pulumi put there.
 * @returns what they printed, without the newlines at the end, by the secret's path
 * @throws SecretsError naming every command that failed, and nothing that it printed
 */
export async function printedSecrets(
  stack: string,
  secrets: readonly CommandedSecret[],
): Promise<ReadonlyMap<string, string>> {
  const env = Object.fromEntries(
    // Settings, decrypted, and the passphrase that they were encrypted with.
    Object.entries(process.env).filter(([name]) => !name.startsWith("PULUMI_CONFIG")),
  );
  const printed = await Promise.all(
    secrets.map(async ({ command: [program, ...args], path }) => {
      const ended = await capture({ command: program, args }, { env, timeout: patience });
      return { path, text: ended.stdout.replace(/\n+$/, ""), ended, typed: [program, ...args].join(" ") };
    }),
  );
  const problems = printed.flatMap(({ ended, path, text, typed }) => {
    const why = failure(ended, text);
    if (why === undefined) return [];
    return [
      `secretsFrom.${path}: ${typed}: ${why}. Fix: make it work in this shell, or ${fixOf(stack)(`rm --path secretsFrom.${path}`)}`,
    ];
  });
  if (problems.length > 0) {
    throw new SecretsError(
      `Secrets of stack ${stack} could not be had; nothing was changed.\n${problems.map((one) => `  - ${one}`).join("\n")}`,
    );
  }
  return new Map(printed.map(({ path, text }) => [path, text]));
}

function failure({ code, missing, stderr }: Captured, text: string): string | undefined {
  if (missing) return "there is no such program on PATH";
  if (code !== 0) return `it ended with ${code}: ${stderr.trim().slice(0, repeated)}`;
  return text === "" ? "it printed nothing" : undefined;
}
