import type { Words } from "../../declaration/command.ts";
import { readDeclaration, type Declaration } from "../../declaration/read-declaration.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { checkout } from "../checkout.ts";
import { projectName } from "./project.ts";
import { readSettingsFile } from "./settings-file.ts";

/**
 * What the application of a stack says of itself.
 * @throws DeclarationError naming every problem
 */
export function stackDeclaration(stack: string): Declaration {
  const { values } = readSettingsFile(checkout.settingsFile(stack), projectName());
  return readDeclaration(checkout.root, values["appFolder"] ?? "app");
}

/**
 * A command of the declaration.
 * @param key where it is declared, such as `commands.seed`
 * @throws CommandError if the application has none
 */
export function declaredCommand(declaration: Declaration, key: string, words: Words | undefined): Words {
  if (words !== undefined) return words;
  throw new CommandError(
    `${declaration.file} declares no ${key}: the application has no such command. To have it, name the command there.`,
    exitCode.usage,
  );
}

/** A command beside those of `migrate`, in the container of the stack's application. */
export function applicationCommand(stack: string, name: keyof Declaration["commands"]): Words {
  const declaration = stackDeclaration(stack);
  return declaredCommand(declaration, `commands.${name}`, declaration.commands[name]);
}
