import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { checkout } from "../checkout.ts";
import { Pulumi } from "../pulumi/pulumi.ts";
import type { Session } from "../session.ts";
import { credentialsFolder } from "../pulumi-cli/install-folder.ts";
import { currentBackend, type Backend } from "./backend.ts";
import {
  choosePassphrase,
  ensureGeneratedPassphrase,
  type PassphraseCircumstances,
  type PassphraseSource,
} from "./passphrase.ts";
import { parallelExports } from "./parallel-steps.ts";
import { preparePulumiCli } from "../pulumi-cli/prepare-pulumi-cli.ts";
import type { StackOptions, StackSettings } from "../settings/stack-settings.ts";

/** Where a stack's state and secrets are kept. */
export interface StateAndSecrets {
  readonly backend: Backend;
  readonly passphrase: PassphraseSource;
  /** Address of the stack's engine, if it is another than the local one. */
  readonly engine: string | undefined;
}

/** Everything that Pulumi needs. */
export interface PulumiAccess extends StateAndSecrets {
  readonly pulumi: Pulumi;
  /** What makes a plain `pulumi` of the same CLI see the same stacks. */
  readonly exports: Readonly<Record<string, string>>;
}

/**
 * Chooses state and passphrase, and makes nothing.
 * @throws CommandError for a prod stack without passphrase
 */
export function chooseStateAndSecrets(
  session: Session,
  options: StackOptions,
  settings: Omit<StackSettings, "config">,
): StateAndSecrets {
  const { env } = session;
  const backend = currentBackend(env, checkout.state);
  const passphrase = choosePassphrase(passphraseCircumstances(session, options, settings, backend));
  const own = settings.file.values["dockerHost"] ?? "";
  return { backend, passphrase, engine: own === "" ? env["DOCKER_HOST"] : own };
}

/**
 * Finds or builds the Pulumi CLI, and makes state and passphrase if the user has none of their own.
 */
export async function preparePulumi(session: Session, chosen: StateAndSecrets): Promise<PulumiAccess> {
  const { env } = session;
  const { backend, engine, passphrase } = chosen;
  const pulumiCli = await preparePulumiCli(session);
  makeOwnFolder();
  if (backend.source === "checkout") mkdirSync(checkout.state, { recursive: true });
  if (passphrase === "generated" && ensureGeneratedPassphrase(checkout.passphrase)) {
    session.say(
      `State and secrets: generated a passphrase in ${checkout.passphrase}; keep it, it opens the stacks' secrets`,
    );
  }
  const compileCache = env["NODE_COMPILE_CACHE"];
  const exports = {
    ...pulumiCli.exports,
    // The program's start is half compiling otherwise.
    ...(compileCache === undefined ? {} : { NODE_COMPILE_CACHE: compileCache }),
    ...backendExports(backend, env),
    ...passphraseExports(passphrase, env),
    ...parallelExports(engine, env),
    ...engineExports(env),
  };
  const pulumi = new Pulumi(pulumiCli.command, checkout.root, { ...env, ...exports });
  return { ...chosen, pulumi, exports };
}

/** What the choice of a passphrase depends on, for a stack of this session. */
export function passphraseCircumstances(
  { env }: Session,
  options: StackOptions,
  settings: Omit<StackSettings, "config">,
  backend: Backend,
): PassphraseCircumstances {
  return {
    env,
    stack: options.stack,
    kind: settings.kind,
    secretsProvider: settings.file.secretsProvider,
    backendEncrypts: backend.service && settings.file.salt === undefined,
    generatedAllowed: options.generatedPassphrase === true || env["BERTH_ALLOW_GENERATED_PASSPHRASE"] === "1",
    generatedFile: ".berth/passphrase",
  };
}

/** `.berth` holds state and passphrase: only its owner can read it. */
function makeOwnFolder(): void {
  mkdirSync(checkout.own, { recursive: true });
  chmodSync(checkout.own, 0o700);
}

function backendExports(backend: Backend, env: NodeJS.ProcessEnv): Record<string, string> {
  if (backend.source === "checkout") return { PULUMI_BACKEND_URL: backend.url ?? "" };
  // A Pulumi CLI with a home of its own would not see the login in the user's.
  const folder = credentialsFolder(env);
  return existsSync(join(folder, "credentials.json")) ? { PULUMI_CREDENTIALS_PATH: folder } : {};
}

/** The engine in DOCKER_HOST, for a shell in which a docker context may name it. */
function engineExports(env: NodeJS.ProcessEnv): Record<string, string> {
  const set = ["DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"].flatMap((name) => {
    const value = env[name] ?? "";
    return value === "" ? [] : [[name, value] as const];
  });
  return set.length === 0 ? {} : { DOCKER_CONTEXT: "", ...Object.fromEntries(set) };
}

function passphraseExports(source: PassphraseSource, env: NodeJS.ProcessEnv): Record<string, string> {
  if (source === "generated") return { PULUMI_CONFIG_PASSPHRASE_FILE: checkout.passphrase };
  if (source !== "PULUMI_CONFIG_PASSPHRASE_FILE") return {};
  return { PULUMI_CONFIG_PASSPHRASE_FILE: resolve(env["PULUMI_CONFIG_PASSPHRASE_FILE"] ?? "") };
}
