import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { z } from "zod";
import { parseSettings, shapeOf } from "../../stacks/settings.ts";
import type { ShapeName, StackShape } from "../../stacks/shape.ts";
import { checkout } from "../checkout.ts";
import { Docker } from "../docker/docker.ts";
import { Pulumi } from "../pulumi/pulumi.ts";
import type { Session } from "../session.ts";
import { readSettingsFile, type SettingsFile } from "../stack/settings-file.ts";
import { chooseBackend, credentialsFolder, currentLogin, type Backend } from "./backend.ts";
import type { DockerInfo } from "./docker-info.ts";
import type { Engine } from "./engine/engine.ts";
import { ensureEngine } from "./engine/ensure-engine.ts";
import { ensureDocker } from "./ensure-docker.ts";
import {
  choosePassphrase,
  ensureGeneratedPassphrase,
  type PassphraseCircumstances,
  type PassphraseSource,
} from "./passphrase.ts";

/** Name of the Pulumi project, the namespace of its settings. */
export const project = "berth";

/** Options that every command on a stack has. */
export interface StackOptions {
  readonly stack: string;
  /** The generated passphrase may serve a prod stack as well. */
  readonly generatedPassphrase?: boolean;
}

/** A stack's settings before any tool is asked. */
export interface StackSettings {
  readonly file: SettingsFile;
  readonly shapeName: ShapeName;
  /** Undefined where some are encrypted: `readSecretSettings` reads those, once Pulumi is at hand. */
  readonly shape: StackShape | undefined;
}

/**
 * Reads and checks a stack's settings, all problems at once.
 * @throws SettingsError
 */
export function readStackSettings(stack: string): StackSettings {
  const { file, shapeName } = readStackKind(stack);
  const shape = file.secure.length === 0 ? parseSettings(stack, file.values) : undefined;
  return { file, shapeName, shape };
}

/**
 * What kind of stack it is, whatever is wrong with its other settings: they are mended with Pulumi, too.
 * @throws SettingsError for a stack of no known kind
 */
export function readStackKind(stack: string): Omit<StackSettings, "shape"> {
  const file = readSettingsFile(checkout.settingsFile(stack), project);
  return { file, shapeName: shapeOf(stack, file.values["shape"]) };
}

const configured = z.record(z.string(), z.object({ value: z.string().optional(), secret: z.boolean() }));

/**
 * The same for settings of which some are encrypted.
 * @throws SettingsError, which repeats no secret
 */
export async function readSecretSettings(pulumi: Pulumi, stack: string): Promise<StackShape> {
  const printed = await pulumi.run(["config", "--json", "--show-secrets", "--stack", stack]);
  const own = Object.entries(configured.parse(JSON.parse(printed))).flatMap(([key, entry]) =>
    key.startsWith(`${project}:`) ? [{ key: key.slice(project.length + 1), ...entry }] : [],
  );
  return parseSettings(
    stack,
    Object.fromEntries(own.map(({ key, value }) => [key, value ?? ""])),
    new Set(own.filter(({ secret }) => secret).map(({ key }) => key)),
  );
}

/** Everything that Pulumi needs. */
export interface PulumiAccess {
  readonly pulumi: Pulumi;
  readonly backend: Backend;
  readonly passphrase: PassphraseSource;
  /** What makes a plain `pulumi` of the same engine see the same stacks. */
  readonly exports: Readonly<Record<string, string>>;
}

/**
 * Chooses state and passphrase, makes the generated ones where the user has none, and finds or builds the engine.
 * @throws CommandError before anything is made, for a prod stack without passphrase
 */
export async function preparePulumi(
  session: Session,
  options: StackOptions,
  settings: Omit<StackSettings, "shape">,
): Promise<PulumiAccess> {
  const { env } = session;
  const login = currentLogin(credentialsFolder(env));
  const backend = chooseBackend(env, login, checkout.state);
  const passphrase = choosePassphrase(passphraseCircumstances(session, options, settings, backend));
  const engine = await prepareEngine(session);
  makeOwnFolder();
  if (backend.source === "checkout") mkdirSync(checkout.state, { recursive: true });
  if (passphrase === "generated" && ensureGeneratedPassphrase(checkout.passphrase)) {
    session.say(
      `State and secrets: made a passphrase in ${checkout.passphrase}; keep it, it opens the stacks' secrets`,
    );
  }
  const exports = {
    ...engine.exports,
    ...backendExports(backend, env),
    ...passphraseExports(passphrase, env),
  };
  const pulumi = new Pulumi(engine.command, checkout.root, {
    ...env,
    ...exports,
    PULUMI_SKIP_UPDATE_CHECK: "true",
  });
  return { pulumi, backend, passphrase, exports };
}

/** What the choice of a passphrase depends on, for a stack of this session. */
export function passphraseCircumstances(
  { env }: Session,
  options: StackOptions,
  settings: Omit<StackSettings, "shape">,
  backend: Backend,
): PassphraseCircumstances {
  return {
    env,
    stack: options.stack,
    shape: settings.shapeName,
    secretsProvider: settings.file.secretsProvider,
    backendEncrypts: backend.service && settings.file.salt === undefined,
    generatedAllowed: options.generatedPassphrase === true || env["BERTH_ALLOW_GENERATED_PASSPHRASE"] === "1",
    generatedFile: ".berth/passphrase",
  };
}

/** A Pulumi CLI with its plugins. */
export interface PreparedEngine {
  /** Path of the CLI. */
  readonly command: string;
  /** What makes a shell use it, and this Node for the program. */
  readonly exports: Readonly<Record<string, string>>;
}

/** Finds the Pulumi engine, or builds it. */
export async function prepareEngine(session: Session): Promise<PreparedEngine> {
  const engine = await session.steps.run("Pulumi engine", async (reporter) => {
    const begun = performance.now();
    const found = await ensureEngine({ reporter, env: session.env, signal: session.interruption.signal });
    return {
      value: found,
      note: `${found.version}, ${found.source}`,
      // The engine says by itself whether it had work; a second is what looking takes at most.
      worked: performance.now() - begun > 1000,
    };
  });
  return { command: engine.pulumi, exports: engineExports(engine, session.env) };
}

/** The Docker engine of a stack, installed or started where it has to be. */
export async function prepareDocker(
  session: Session,
  host: string | undefined,
): Promise<{ docker: Docker; info: DockerInfo }> {
  const docker = new Docker(session.env, host);
  const info = await session.steps.run("Docker", (reporter) =>
    ensureDocker(docker, host, reporter, session.interruption.signal),
  );
  return { docker, info };
}

/** `.berth` holds state and passphrase: nobody else looks into it. */
function makeOwnFolder(): void {
  mkdirSync(checkout.own, { recursive: true });
  chmodSync(checkout.own, 0o700);
}

/** Pulumi starts `node` from PATH to run the program: it has to be one that strips types. The engine comes right after it. */
function engineExports(engine: Engine, env: NodeJS.ProcessEnv): Record<string, string> {
  const first = [dirname(process.execPath), dirname(engine.pulumi)];
  const rest = (engine.env["PATH"] ?? env["PATH"] ?? "").split(delimiter);
  return {
    ...engine.env,
    PATH: [...first, ...rest.filter((folder) => !first.includes(folder))].join(delimiter),
  };
}

function backendExports(backend: Backend, env: NodeJS.ProcessEnv): Record<string, string> {
  if (backend.source === "checkout") return { PULUMI_BACKEND_URL: backend.url ?? "" };
  // An engine with a home of its own would not see the login in the user's.
  const folder = credentialsFolder(env);
  return existsSync(join(folder, "credentials.json")) ? { PULUMI_CREDENTIALS_PATH: folder } : {};
}

function passphraseExports(source: PassphraseSource, env: NodeJS.ProcessEnv): Record<string, string> {
  if (source === "generated") return { PULUMI_CONFIG_PASSPHRASE_FILE: checkout.passphrase };
  if (source !== "PULUMI_CONFIG_PASSPHRASE_FILE") return {};
  return { PULUMI_CONFIG_PASSPHRASE_FILE: resolve(env["PULUMI_CONFIG_PASSPHRASE_FILE"] ?? "") };
}
