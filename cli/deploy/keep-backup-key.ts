import { z } from "zod";
import { checkout } from "../checkout.ts";
import type { Session } from "../session.ts";
import { projectName } from "../settings/project.ts";
import { readSettingsFile } from "../settings/settings-file.ts";
import type { StackWork } from "./on-stack.ts";

const setting = "backupKey";

/** What is read of a state whose secrets are in plain text (infra/components/backup-key.ts). */
const exported = z.object({
  deployment: z
    .object({
      resources: z
        .array(z.object({ urn: z.string(), outputs: z.record(z.string(), z.unknown()).optional() }))
        .optional(),
    })
    .nullable(),
});
const wrapped = z.object({ plaintext: z.string() });

/**
 * Writes the key that a stack has made for its backups into its settings, encrypted, before its
 * state goes: its repositories stay, and the next `up` would make another key.
 */
export async function keepBackupKey(
  session: Session,
  { deployment, pulumi, config }: StackWork,
): Promise<void> {
  const { stack } = config;
  const isKey = ({ urn }: { urn: string }) => urn.endsWith("::backups-key");
  if (!deployment.resources.some(isKey)) return;
  const file = checkout.settingsFile(stack);
  const { secure, values } = readSettingsFile(file, projectName());
  if (secure.includes(setting) || values[setting] !== undefined) return;
  const printed = await pulumi.run(["stack", "export", "--show-secrets", "--stack", stack]);
  const resource = exported.parse(JSON.parse(printed)).deployment?.resources?.find(isKey);
  const kept = wrapped.parse(resource?.outputs?.["result"]).plaintext;
  await pulumi.run(
    ["config", "set", "--secret", `${projectName()}:${setting}`, "--stack", stack],
    z.string().min(1).parse(JSON.parse(kept)),
  );
  session.say(
    `The key of the backups is in ${file.slice(checkout.root.length + 1)} now, encrypted (${setting}): the backups stay, and the next up needs it. Commit the file.`,
  );
}
