import { relative } from "node:path";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { checkout } from "../checkout.ts";
import type { Deployment } from "../pulumi/deployment.ts";
import type { Pulumi } from "../pulumi/pulumi.ts";
import { removeSalt, type SettingsFile } from "../settings/settings-file.ts";
import { stackFlag } from "../settings/stack-flag.ts";
import type { StepOutcome, StepReporter } from "../terminal/steps.ts";
import { withoutCredentials, type Backend } from "./backend.ts";
import { opensSalt, readPassphrase, type PassphraseSource } from "./passphrase.ts";
import { judgeSalt } from "./salt.ts";
import { readLocalState } from "./local-state.ts";

/** How a stack's state and secrets are reached. */
export interface StackAccess {
  readonly stack: string;
  /** The stack is made if there is none. */
  readonly makes: boolean;
  readonly pulumi: Pulumi;
  readonly backend: Backend;
  readonly passphrase: PassphraseSource;
  readonly settings: SettingsFile;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Reads the stack's state, makes sure that the passphrase opens its secrets, and makes the stack if
 * there is none and it may.
 * @throws CommandError for a stack that is not there or a wrong passphrase, before anything is
 * changed
 */
export async function openStack(
  access: StackAccess,
  reporter: StepReporter,
): Promise<StepOutcome<Deployment>> {
  const { stack, pulumi, backend } = access;
  const local = backend.folder === undefined ? undefined : readLocalState(backend.folder, stack);
  const deployment = local ?? (await pulumi.export(stack));
  if (deployment === undefined && !access.makes) throw await absent(access);
  const replaced = await checkPassphrase(access, deployment);
  if (replaced) {
    const file = checkout.settingsFile(stack);
    removeSalt(file);
    reporter.line(
      `${relative(checkout.root, file)}: took out the salt of another checkout's passphrase; it protected nothing`,
    );
  }
  const note = describe(access);
  if (deployment !== undefined) return { value: deployment, note, worked: replaced };
  reporter.line(`making stack ${stack}`);
  await pulumi.init(stack);
  const made: Deployment = { written: undefined, salt: undefined, resources: [], pending: [] };
  return { value: made, note: `${note}, stack ${stack} made`, worked: true };
}

/** Names the stacks that there are: a name is mistyped more often than a stack is missing. */
async function absent({ pulumi, stack }: StackAccess): Promise<CommandError> {
  const names = await pulumi.stacks();
  const known = names.length === 0 ? "There is none yet." : `There are: ${names.join(", ")}.`;
  return new CommandError(
    `There is no stack ${stack}, and none was made. ${known} To deploy one of that name: npx berth up${stackFlag(stack)}`,
    exitCode.usage,
  );
}

/** @returns whether the settings file's salt has to go */
async function checkPassphrase(access: StackAccess, deployment: Deployment | undefined): Promise<boolean> {
  const { stack, passphrase: source, settings, backend, env } = access;
  if (source === "none") return false;
  const phrase = readPassphrase(source, env, checkout.passphrase);
  const opens = async (salt: string | undefined) =>
    salt === undefined ? undefined : opensSalt(phrase, salt);
  const stateSalt = deployment?.salt === settings.salt ? undefined : deployment?.salt;
  const [opensSettings, opensState] = await Promise.all([opens(settings.salt), opens(stateSalt)]);
  const fileOf = {
    generated: checkout.passphrase,
    PULUMI_CONFIG_PASSPHRASE_FILE: env["PULUMI_CONFIG_PASSPHRASE_FILE"],
  };
  const verdict = judgeSalt({
    stack,
    source,
    file: source === "PULUMI_CONFIG_PASSPHRASE" ? undefined : fileOf[source],
    opensSettings,
    opensState,
    deployed: deployment !== undefined,
    embedded: backend.source === "checkout",
    secure: settings.secure,
    anySecure: settings.anySecure,
  });
  return verdict === "replace";
}

function describe({ backend, passphrase }: StackAccess): string {
  const state = {
    checkout: "state in .berth/state",
    login: `state at ${backend.url ?? ""} (pulumi login)`,
    PULUMI_BACKEND_URL: `state at ${withoutCredentials(backend.url ?? "")} (PULUMI_BACKEND_URL)`,
    PULUMI_ACCESS_TOKEN: "state at Pulumi Cloud (PULUMI_ACCESS_TOKEN)",
  }[backend.source];
  const secrets = {
    generated: "passphrase in .berth/passphrase",
    PULUMI_CONFIG_PASSPHRASE: "passphrase from PULUMI_CONFIG_PASSPHRASE",
    PULUMI_CONFIG_PASSPHRASE_FILE: "passphrase from PULUMI_CONFIG_PASSPHRASE_FILE",
    none: "secrets kept by the backend's own provider",
  }[passphrase];
  return `${state}, ${secrets}`;
}
