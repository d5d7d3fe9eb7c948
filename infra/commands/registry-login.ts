import { text } from "node:stream/consumers";
import { z } from "zod";
import type { RegistryLogin } from "../../system/docker-api.ts";
import { capture } from "../../system/run.ts";

const account = z.object({
  REGISTRY_USER: z.string().optional(),
  REGISTRY_PASSWORD_COMMAND: z.string().optional(),
});

/**
 * The account of REGISTRY_USER, with the password that REGISTRY_PASSWORD_COMMAND prints, or else
 * standard input has; no login without a user.
 * @throws Error with the setting's name if the command fails
 */
export async function registryLogin(env: NodeJS.ProcessEnv): Promise<RegistryLogin | undefined> {
  const { REGISTRY_USER: username, REGISTRY_PASSWORD_COMMAND: command } = account.parse(env);
  if (username === undefined) return undefined;
  if (command === undefined) return { username, password: await text(process.stdin) };
  const { code, stdout, stderr } = await capture({ command: "sh", args: ["-c", command] });
  const password = stdout.trim();
  if (code === 0 && password !== "") return { username, password };
  const why = code === 0 ? "it printed nothing" : `it ended with ${code}: ${stderr.trim()}`;
  throw new Error(`registryPasswordCommand: ${why}. Run it by hand on this machine: ${command}`);
}

/** A failure of a registry's, with the settings that may mend it. */
export function registryRefusal(
  what: string,
  reason: string,
  login: RegistryLogin | undefined,
  { STACK = "", REGISTRY_PASSWORD_COMMAND }: NodeJS.ProcessEnv,
): Error {
  const set = `pulumi config set registryUser NAME --stack ${STACK}, and pulumi config set --secret registryPassword --stack ${STACK}`;
  const password = REGISTRY_PASSWORD_COMMAND === undefined ? "registryPassword" : "registryPasswordCommand";
  const expired = `; for a password that expires, pulumi config set registryPasswordCommand COMMAND --stack ${STACK}`;
  const fix =
    login === undefined
      ? set
      : `registryUser (${login.username}) and ${password} have to be an account that may do that${password === "registryPassword" ? expired : ""}`;
  return new Error(`registry: ${what}: ${reason}. Fix: ${fix}`);
}
