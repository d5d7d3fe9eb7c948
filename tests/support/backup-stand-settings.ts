import { backupSecretFiles, knownHost } from "../../infra/rendering/backup-settings.ts";
import type { BackupsConfig } from "../../stacks/backups.ts";
import { parseSettings } from "../../stacks/parse.ts";

/** Password of the role that makes a stand's backups. */
export const backupsPassword = "the-backups-password";

/** What a test gives beside the stack's settings. */
export interface BackupStandOptions {
  /** Settings as `pulumi config` has them. */
  readonly settings: Readonly<Record<string, string>>;
  /** Settings that people cannot set so low. */
  readonly below?: Partial<Pick<BackupsConfig, "backupDays" | "backupFulls" | "backupWalLimit">>;
  /** Values of secrets. */
  readonly secrets?: { readonly bucketSecretKey?: string; readonly sftpKey?: string };
  /** More options of `docker run` for the container of backups. */
  readonly run?: readonly string[];
}

/** What a test gives, as the program of a stack has it. */
export function standConfig({ settings, below, secrets }: BackupStandOptions): BackupsConfig {
  const secret = Object.entries({
    backupS3SecretKey: secrets?.bucketSecretKey,
    backupSftpKey: secrets?.sftpKey,
    backupKey: settings["backupKey"],
  }).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const names = new Set(secret.map(([name]) => name));
  const { backups } = parseSettings("prod", { ...settings, ...Object.fromEntries(secret) }, names);
  if (backups === undefined) throw new Error("The settings make no backups.");
  return { ...backups, ...below };
}

/** Secrets' files with their texts. */
export function standSecrets(
  config: BackupsConfig,
  { secrets, settings }: BackupStandOptions,
): Record<string, string | undefined> {
  return {
    [backupSecretFiles.key]: settings["backupKey"] ?? "k".repeat(64),
    [backupSecretFiles.databasePassword]: backupsPassword,
    [backupSecretFiles.bucketSecretKey]: secrets?.bucketSecretKey,
    [backupSecretFiles.bucketCa]: config.backupS3Ca,
    [backupSecretFiles.sftpKey]: secrets?.sftpKey === undefined ? undefined : `${secrets.sftpKey.trim()}\n`,
    [backupSecretFiles.sftpKnownHosts]: knownHost(config),
  };
}
