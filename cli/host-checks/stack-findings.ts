import { existsSync } from "node:fs";
import { waitingOn } from "../../releases/read-restarts.ts";
import { describeWaiting } from "../../releases/restart-record.ts";
import { SettingsError } from "../../stacks/parse.ts";
import { checkout } from "../checkout.ts";
import type { Docker } from "../../system/docker.ts";
import { CommandError } from "../../system/exit-code.ts";
import type { Session } from "../session.ts";
import { currentBackend, withoutCredentials } from "../state/backend.ts";
import { choosePassphrase, opensSalt, readPassphrase } from "../state/passphrase.ts";
import { passphraseCircumstances } from "../state/prepare-pulumi.ts";
import { readStackSettings, type StackOptions, type StackSettings } from "../settings/stack-settings.ts";
import { describeHolder } from "../locks/lock-record.ts";
import { lockHolders } from "../locks/stack-lock.ts";
import type { Finding } from "./finding.ts";

/** Reads the stack's settings; all of their problems are one finding. */
export function settingsFinding(stack: string): { finding: Finding; settings: StackSettings | undefined } {
  const name = "Settings";
  try {
    const settings = readStackSettings(stack);
    return { finding: { name, state: "ok", text: `stack ${stack}, shape ${settings.kind}` }, settings };
  } catch (error) {
    if (!(error instanceof SettingsError || error instanceof CommandError)) throw error;
    const [text = "", ...lines] = error.message.split("\n");
    return { finding: { name, state: "problem", text, remedy: lines.join("\n") }, settings: undefined };
  }
}

/** Whether people of a stack that others use can be written to. */
export function mailFindings({ file, kind }: StackSettings, stack: string): Finding[] {
  const name = "E-mail";
  const server = file.values["smtpUrl"];
  if (kind === "dev" || kind === "proxy") return [];
  if (server !== undefined) {
    return [
      { name, state: "ok", text: `${server}; to try it: npx berth test-mail ADDRESS --stack ${stack}` },
    ];
  }
  return [
    {
      name,
      state: "warning",
      text: "no mail server: nobody can register or ask for a new password",
      remedy: `pulumi config set smtpUrl smtp://mail.example.org:587 --stack ${stack}\npulumi config set mailFrom "Shop <shop@example.org>" --stack ${stack}\nnpx berth create-admin ADDRESS --stack ${stack} makes accounts without mail.`,
    },
  ];
}

/** Where state and secrets are, and whether the passphrase at hand opens them. */
export async function secretFindings(
  session: Session,
  options: StackOptions,
  settings: StackSettings,
): Promise<Finding[]> {
  const { env } = session;
  const backend = currentBackend(env, checkout.state);
  const state: Finding = {
    name: "State",
    state: "ok",
    text:
      backend.source === "checkout"
        ? ".berth/state"
        : `${withoutCredentials(backend.url ?? "")} (${backend.source})`,
  };
  const name = "Secrets";
  try {
    const source = choosePassphrase(passphraseCircumstances(session, options, settings, backend));
    if (source === "none") return [state, { name, state: "ok", text: "kept by the backend's own provider" }];
    if (source === "generated" && !existsSync(checkout.passphrase)) {
      return [state, { name, state: "ok", text: "up makes a passphrase" }];
    }
    const { salt } = settings.file;
    const opens =
      salt === undefined || (await opensSalt(readPassphrase(source, env, checkout.passphrase), salt));
    if (opens) return [state, { name, state: "ok", text: `passphrase: ${source}` }];
    const text = `the passphrase (${source}) does not open what Pulumi.${options.stack}.yaml holds`;
    const remedy =
      "Set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the one that the stack was made with.";
    return [state, { name, state: "warning", text, remedy }];
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const [text = "", ...lines] = error.message.split("\n");
    return [state, { name, state: "problem", text, remedy: lines.join("\n") }];
  }
}

/** What waits for a restart that an update does not do unasked. */
export async function restartFindings(docker: Docker, stack: string): Promise<Finding[]> {
  const waiting = await waitingOn(docker, { project: docker.project, stack });
  return waiting.map((record) => {
    const [text = "", remedy = ""] = describeWaiting(record, stack).split(" The restart takes ");
    return { name: "Restart", state: "warning", text, remedy: `The restart takes ${remedy}` };
  });
}

/** Who works on the stack. */
export function lockFinding(stack: string): Finding {
  const name = "Lock";
  const { live, dead } = lockHolders(checkout.locks, stack);
  const [holder] = live;
  if (holder !== undefined)
    return { name, state: "warning", text: `held by ${describeHolder(holder, new Date())}` };
  if (dead.length > 0) {
    return { name, state: "ok", text: "an earlier run was killed; the next up clears what it left" };
  }
  return { name, state: "ok", text: "free" };
}
