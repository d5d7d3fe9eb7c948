import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { checkout } from "../checkout.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import type { Session } from "../session.ts";
import { projectName } from "../settings/project.ts";
import { deploy, type DeployOptions } from "./deploy.ts";
import { readSettingsFile } from "../settings/settings-file.ts";
import { onStack, type StackWork, type WorkOptions } from "./on-stack.ts";

/** Settings by name; undefined takes one out. */
export type SettingChanges = Readonly<Record<string, string | undefined>>;

/** Options of commands that change settings and deploy them. */
export interface ChangeOptions extends WorkOptions, DeployOptions {
  /** Neither preview nor ask: an urgent rollback waits for one run of the program, not two. */
  readonly yes?: boolean;
}

/** A change of a stack's settings that is deployed at once. */
export interface SettingsChange {
  /** What it does, as it is said before the preview. */
  readonly what: string;
  readonly changes: SettingChanges;
  /** A deployment that fails leaves the settings as they were before; asked when it has. */
  readonly restore: boolean | (() => Promise<boolean>);
}

/**
 * Writes settings into the stack's file, shows the preview and asks unless told not to, and
 * deploys. Declined, the file is as before.
 * @param decide what changes, once the stack is open
 * @returns the command's exit code
 */
export async function changeSettings(
  session: Session,
  command: string,
  options: ChangeOptions,
  decide: (work: StackWork) => Promise<SettingsChange>,
): Promise<number> {
  return onStack(session, command, options, async (work) => {
    const change = await decide(work);
    const ask = options.yes !== true;
    if (ask && !session.interactive) {
      throw new CommandError(
        `${command} ${change.what}, and asks first, which needs a terminal; --yes skips the question. Nothing was changed.`,
        exitCode.usage,
      );
    }
    const file = checkout.settingsFile(options.stack);
    const before = existsSync(file) ? readFileSync(file) : undefined;
    const restore = () => {
      if (before === undefined) rmSync(file, { force: true });
      else writeFileSync(file, before);
    };
    const fixed = change.restore === false;
    let keep = !ask && fixed;
    try {
      await writeSettings(work, options.stack, change.changes);
      session.say(`This ${change.what}.`);
      const onAgreed = () => {
        keep = fixed;
      };
      const code = await deploy(session, work, { ...options, ask, onAgreed });
      keep ||= code === exitCode.done;
      if (keep) session.say(`\n${file.slice(checkout.root.length + 1)} has changed: commit it.`);
      return code;
    } finally {
      if (!keep && (typeof change.restore !== "function" || (await change.restore()))) restore();
    }
  });
}

async function writeSettings(work: StackWork, stack: string, changes: SettingChanges): Promise<void> {
  const { values } = readSettingsFile(checkout.settingsFile(stack), projectName());
  for (const [name, value] of Object.entries(changes)) {
    if (value === values[name]) continue;
    const key = `${projectName()}:${name}`;
    await work.pulumi.run(
      value === undefined
        ? ["config", "rm", key, "--stack", stack]
        : ["config", "set", key, value, "--stack", stack],
    );
  }
}
