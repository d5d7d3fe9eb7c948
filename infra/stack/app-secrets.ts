import type * as pulumi from "@pulumi/pulumi";
import { appSecretFiles, ownSecretPrefix } from "../facts/app-environment.ts";
import { appUser } from "../resources/app-runtime.ts";
import { SecretFiles } from "../components/secret-files.ts";
import { SessionKeys } from "../components/session-keys.ts";
import { readOwnSecrets, readServiceSecrets } from "../config.ts";
import type { StackContext } from "./stack-context.ts";

/** Passwords of the stack's own parts. */
export interface PartPasswords {
  readonly database: pulumi.Output<string>;
  readonly cache: pulumi.Output<string> | undefined;
}

/**
 * Every secret of the application, as files that it alone can read: those of the stack's own parts,
 * those that are generated here, and those of the settings.
 * @param image with a shell, which writes the files
 */
export function appSecrets(
  { host, identity, onDocker, config }: StackContext,
  passwords: PartPasswords,
  image: pulumi.Output<string>,
): SecretFiles {
  const { keyOverlap, sessionRotation = "" } = config.release;
  const sessionKeys = new SessionKeys("session-keys", { rotation: sessionRotation, overlap: keyOverlap });
  const { smtpPassword, bucketSecretKey } = readServiceSecrets();
  const optional = {
    [appSecretFiles.cachePassword]: passwords.cache,
    [appSecretFiles.smtpPassword]: smtpPassword,
    [appSecretFiles.bucketSecretKey]: bucketSecretKey,
    // No secret, but a file all the same.
    [appSecretFiles.trustedCa]: config.trustedCa,
  };
  const given = Object.entries(optional).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const files = {
    [appSecretFiles.databasePassword]: passwords.database,
    [appSecretFiles.sessionKeys]: sessionKeys.ring,
    ...Object.fromEntries(given),
    ...prefixed(readOwnSecrets(config.app.secrets)),
  };
  return new SecretFiles("app-secrets", { host, identity, owner: appUser, image, files }, onDocker);
}

/** File names of modules' secrets, which no secret of the platform's can have. */
function prefixed(own: Record<string, pulumi.Output<string>>): Record<string, pulumi.Output<string>> {
  return Object.fromEntries(Object.entries(own).map(([name, value]) => [`${ownSecretPrefix}${name}`, value]));
}
