import { existsSync, readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { DeclarationError } from "../declaration/problems.ts";
import { readDeclaration, type Declaration } from "../declaration/read-declaration.ts";
import { namesIn } from "../declaration/template.ts";
import { parseProjectSettings } from "../stacks/own-settings.ts";
import { SettingsError } from "../stacks/parse.ts";
import { partlyPlain } from "../stacks/settings-text.ts";
import { printedSecrets, SecretsError } from "./commands/printed-secrets.ts";
import { contextProblem } from "../system/docker-context.ts";
import type { StackConfig } from "../stacks/stack-config.ts";

/**
 * Keys that were set with `--secret`; Pulumi hands them to programs in this variable, and its SDK
 * has no way to ask.
 */
function secretKeys(): string[] {
  return z.array(z.string()).parse(JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]"));
}

/** Secrets that commands have printed, by their paths. */
let printed: ReadonlyMap<string, string> = new Map();

/** A secret of the settings, or the one that its command has printed. */
function secretOf(name: string): pulumi.Output<string> | undefined {
  const text = printed.get(name);
  return text === undefined ? new pulumi.Config().getSecret(name) : pulumi.secret(text);
}

/**
 * The stack's configuration from its settings: only this file reads it. Secrets that commands print
 * are had here, before anything is registered.
 * @throws pulumi.RunError, which Pulumi prints without a stack trace, naming every bad setting
 */
export async function readConfig(): Promise<StackConfig> {
  const stack = pulumi.getStack();
  const file = `Pulumi.${stack}.yaml`;
  const plain = existsSync(file) ? partlyPlain(readFileSync(file, "utf8")) : [];
  try {
    const config = parseProjectSettings(
      pulumi.getProject(),
      stack,
      Object.entries(pulumi.runtime.allConfig()),
      // A variable that is encrypted beside others that are not is to be named as what it is.
      secretKeys().filter((key) => key.endsWith(":env") || !plain.includes(key)),
    );
    const problem = contextProblem(config.dockerHost, process.env);
    if (problem !== undefined) throw new pulumi.RunError(problem);
    printed = await printedSecrets(stack, config.secretsFrom);
    return config;
  } catch (error) {
    if (error instanceof SettingsError || error instanceof SecretsError)
      throw new pulumi.RunError(error.message);
    throw error;
  }
}

/**
 * What the stack's application says of itself.
 * @throws pulumi.RunError naming every problem
 */
export function readApp({ app }: StackConfig): Declaration {
  try {
    const declaration = readDeclaration(".", app.appFolder);
    const templates = Object.values({ ...declaration.env, ...app.env }).flatMap(namesIn);
    if (templates.includes("secret.session") && !templates.includes("secret.sessionAll")) {
      void pulumi.log.warn(
        `${declaration.file}: a rotation of the session key logs everybody out, because the application has one key. Fix: \${secret.sessionAll}, if it takes several`,
      );
    }
    return declaration;
  } catch (error) {
    if (error instanceof DeclarationError) throw new pulumi.RunError(error.message);
    throw error;
  }
}

/** The secrets of the application's own modules, by name. */
export function readOwnSecrets(names: readonly string[]): Record<string, pulumi.Output<string>> {
  const all =
    new pulumi.Config().getSecretObject<Record<string, string>>("secrets") ??
    pulumi.secret<Record<string, string>>({});
  return Object.fromEntries(
    names.map((name) => {
      const text = printed.get(`secrets.${name}`);
      if (text !== undefined) return [name, pulumi.secret(text)];
      return [name, all.apply((values) => values[name] ?? "")];
    }),
  );
}

/**
 * Proof of the stack's names, if its settings have it; secrets stay Outputs all the way to their
 * files.
 */
export function readEdgeCredentials() {
  const certificate = new pulumi.Config().get("originCertificate");
  const key = secretOf("originKey");
  return {
    cloudflareToken: secretOf("cloudflareToken"),
    origin: certificate === undefined || key === undefined ? undefined : { certificate, key },
  };
}

/** Password at the registry of images, if the stack has one. */
export function readRegistryPassword(): pulumi.Output<string> | undefined {
  return secretOf("registryPassword");
}

/** Secrets of the backups, if the stack has them. */
export function readBackupSecrets() {
  return {
    key: secretOf("backupKey"),
    bucketSecretKey: secretOf("backupS3SecretKey"),
    sftpKey: secretOf("backupSftpKey"),
  };
}

/** Where alerts go, if the stack has any: such addresses hold a token. */
export function readAlertSecrets() {
  return { webhook: secretOf("alertsWebhook"), heartbeat: secretOf("alertsHeartbeat") };
}

/** The application's credentials for other services, if the stack has them. */
export function readServiceSecrets() {
  return {
    smtpPassword: secretOf("smtpPassword"),
    bucketSecretKey: secretOf("s3SecretKey"),
  };
}
