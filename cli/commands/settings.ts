import { nearest } from "../../stacks/nearest.ts";
import { everySetting, takers, type SettingInfo } from "../../stacks/reference.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { renderTable } from "../terminal/table.ts";
import { withExamples, type AddCommand } from "./command.ts";

interface SettingsOptions {
  readonly json?: boolean;
}

/** `berth settings`: what can be set, and how. */
export const addSettings: AddCommand = (program, run) => {
  withExamples(
    program
      .command("settings [name]")
      .description("show every setting, or one in full: purpose, default, range and unit")
      .option("--json", "print JSON"),
    [
      ["npx berth settings", "every setting with its default"],
      ["npx berth settings maxBody", "one setting in full, with the command that sets it"],
    ],
  ).action(async (name: string | undefined, { json }: SettingsOptions) =>
    run({ showSteps: false }, (session) => {
      const chosen = settingsNamed(name);
      const text = name === undefined ? renderSettings(chosen) : chosen.map(renderSetting).join("\n\n");
      session.print(json === true ? JSON.stringify(chosen, null, 2) : text);
      return Promise.resolve(exitCode.done);
    }),
  );
};

/**
 * Every setting, or those of one name: there are several if the kinds of stack differ in it.
 * @throws CommandError for a name that no setting has
 */
export function settingsNamed(name: string | undefined): SettingInfo[] {
  const all = everySetting();
  if (name === undefined) return all;
  const found = all.filter((info) => info.name === name);
  if (found.length > 0) return found;
  const meant = nearest(
    name,
    all.map((info) => info.name),
  );
  throw new CommandError(
    `There is no setting ${name}. ${meant === undefined ? "`npx berth settings` shows them all." : `Did you mean ${meant}?`}`,
    exitCode.usage,
  );
}

/** Settings as a table. */
export function renderSettings(settings: readonly SettingInfo[]): string {
  return renderTable(
    ["SETTING", "DEFAULT", "STACKS", "WHAT IT IS FOR"],
    settings.map((info) => [info.name, info.default, takers(info), info.description]),
  );
}

/** All about one setting. */
export function renderSetting(info: SettingInfo): string {
  const facts = [
    ["Default", info.default === "" ? "none" : info.default],
    ["Values", info.values],
    ["Unit", info.unit],
    ["Stacks", takers(info)],
    ["Secret", info.secret ? "yes: refused without --secret, given to its reader as a file" : ""],
    [
      "Set it",
      `pulumi config ${info.command.replace(/ (< .*)$/, "")} --stack STACK${/ < .*$/.exec(info.command)?.[0] ?? ""}`,
    ],
    ["Unset it", `pulumi config rm ${info.name} --stack STACK`],
  ].filter(([, fact]) => fact !== "");
  return `${info.name}\n${info.description}\n\n${renderTable([], facts)}`;
}
