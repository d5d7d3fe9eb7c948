import * as pulumi from "@pulumi/pulumi";
import { migrationSecretsPart, ownSecretName, secretEnvironment } from "../facts/app-environment.ts";
import { appSecretFiles, ownSecretPrefix } from "../facts/app-values.ts";
import { SecretFiles } from "../components/secret-files.ts";
import { SessionKeys } from "../components/session-keys.ts";
import { readOwnSecrets, readServiceSecrets } from "../config.ts";
import type { StackContext } from "./stack-context.ts";

/** Passwords of the stack's own parts. */
export interface PartPasswords {
  /** Role that the application logs in to its database as. */
  readonly databaseUser: pulumi.Output<string>;
  readonly database: pulumi.Output<string>;
  readonly cache: pulumi.Output<string> | undefined;
}

/**
 * Every secret of the application, as files that it alone can read: those of the stack's own parts,
 * those that are generated here, and those of the settings.
 * @param image with a shell, which writes the files
 */
export function appSecrets(
  { host, identity, onDocker, config, declaration }: StackContext,
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
  const own = readOwnSecrets(config.app.secrets);
  const environment = pulumi
    .all([passwords.databaseUser, pulumi.all(texts(passwords, sessionKeys.ring, optional, own))])
    .apply(([databaseUser, secrets]) =>
      secretEnvironment(config, declaration, { databaseUser, secrets: "" }, secrets),
    );
  const files = {
    [appSecretFiles.databasePassword]: passwords.database,
    [appSecretFiles.sessionKeys]: sessionKeys.ring,
    ...Object.fromEntries(given),
    ...prefixed(own),
    // The same names in every set, so that a set without variables is told by its content.
    ...(declaration.runtime === "native"
      ? {}
      : { [appSecretFiles.environment]: environment.apply((text) => text ?? "{}\n") }),
  };
  const owner = declaration.user;
  return new SecretFiles("app-secrets", { host, identity, owner, image, files }, onDocker);
}

type Secret = pulumi.Input<string> | undefined;

/** Secrets by the names that templates have for them. */
function texts(
  passwords: PartPasswords,
  ring: pulumi.Output<string>,
  optional: Readonly<Record<string, Secret>>,
  own: Readonly<Record<string, pulumi.Output<string>>>,
): Record<string, pulumi.Input<string> | undefined> {
  const keys = ring.apply((text) =>
    text.split("\n").flatMap((line) => (line === "" ? [] : (line.split(" ")[0] ?? []))),
  );
  return {
    "secret.databasePassword": passwords.database,
    "secret.session": keys.apply(([newest]) => newest ?? ""),
    "secret.sessionAll": keys.apply((all) => all.join(",")),
    "secret.cachePassword": optional[appSecretFiles.cachePassword],
    "secret.smtpPassword": optional[appSecretFiles.smtpPassword],
    "secret.s3SecretKey": optional[appSecretFiles.bucketSecretKey],
    ...Object.fromEntries(Object.entries(own).map(([name, value]) => [ownSecretName(name), value])),
  };
}

/** The password of migrations, as a file that no container of the application's mounts. */
export function migrationSecrets(
  { host, identity, onDocker, declaration }: StackContext,
  password: pulumi.Output<string>,
  image: pulumi.Output<string>,
): SecretFiles {
  const files = { [appSecretFiles.databasePassword]: password };
  const owner = declaration.user;
  return new SecretFiles(migrationSecretsPart, { host, identity, owner, image, files }, onDocker);
}

/** File names of modules' secrets, which no secret of the platform's can have. */
function prefixed(own: Record<string, pulumi.Output<string>>): Record<string, pulumi.Output<string>> {
  return Object.fromEntries(Object.entries(own).map(([name, value]) => [`${ownSecretPrefix}${name}`, value]));
}
