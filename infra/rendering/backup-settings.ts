import type { BackupsConfig } from "../../stacks/backups.ts";

/** Names of secret files that the backups' program reads. */
export const backupSecretFiles = {
  key: "key",
  databasePassword: "database-password",
  bucketSecretKey: "s3-secret-key",
  bucketCa: "s3-ca",
  sftpKey: "sftp-key",
  sftpKnownHosts: "sftp-known-hosts",
} as const;

/** What the backups' program has to know of the stack besides its settings. */
export interface BackedUp {
  readonly project: string;
  readonly stack: string;
  /** Host name of Postgres on the internal network. */
  readonly databaseHost: string;
  readonly database: string;
  /** Data folder of Postgres, as its own container has it. */
  readonly pgdata: string;
  /** Whether uploads lie in the stack's volume. */
  readonly uploads: boolean;
  /** Uid and gid of the application, which its uploads belong to. */
  readonly uploadsOwner: number;
}

function repository(
  kind: BackupsConfig["backupTo"][number],
  config: BackupsConfig,
  { project, stack }: BackedUp,
) {
  switch (kind) {
    case "volume":
      return { kind };
    case "s3":
      return {
        kind,
        endpoint: config.backupS3Endpoint,
        bucket: config.backupS3Bucket,
        region: config.backupS3Region,
        accessKey: config.backupS3AccessKey,
        ca: config.backupS3Ca !== undefined,
        path: `${project}/${stack}`,
      };
    case "sftp":
      return { kind, ...config.sftp };
  }
}

/** A schedule as the backups' program knows it. */
const expression = (when: string) => (when === "never" ? "" : when.trim());

/**
 * The settings of the backups' program (`images/backup`), as JSON; no secret is in them. A setting
 * has the name that it has in `pulumi config`.
 */
export function backupSettings(config: BackupsConfig, of: BackedUp): string {
  const { backupDays, backupFulls, backupWalLimit, maxProofAge, proofQuery = "" } = config;
  return JSON.stringify({
    stack: of.stack,
    databaseHost: of.databaseHost,
    database: of.database,
    pgdata: of.pgdata,
    uploads: of.uploads,
    uploadsOwner: of.uploadsOwner,
    backupFull: expression(config.backupFull),
    backupDiff: expression(config.backupDiff),
    backupIncr: expression(config.backupIncr),
    backupProof: expression(config.backupProof),
    backupDays,
    backupFulls,
    backupWalLimit,
    maxProofAge,
    proofQuery,
    repositories: config.backupTo.map((kind) => repository(kind, config, of)),
  });
}

/** The line of `known_hosts` that the other host of an SFTP repository is known by. */
export function knownHost({ sftp, backupSftpHostKey }: BackupsConfig): string | undefined {
  if (sftp === undefined || backupSftpHostKey === undefined) return undefined;
  const host = sftp.port === "22" ? sftp.host : `[${sftp.host}]:${sftp.port}`;
  return `${host} ${backupSftpHostKey}\n`;
}
