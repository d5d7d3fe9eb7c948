import { relative } from "node:path";
import type { TakenValues } from "../adoption/variables.ts";
import { checkout } from "../checkout.ts";
import type { Session } from "../session.ts";
import { projectName } from "../settings/project.ts";
import { readStackSettings, type StackOptions } from "../settings/stack-settings.ts";
import { chooseStateAndSecrets, preparePulumi } from "../state/prepare-pulumi.ts";
import { open } from "./on-stack.ts";

/**
 * Writes into a stack's settings which application it has, and the values that the application runs
 * with now; secrets are encrypted. The stack is made if there is none; nothing is deployed.
 * @param appFolder of the application, from the checkout
 */
export async function writeValues(
  session: Session,
  options: StackOptions,
  appFolder: string,
  { plain, secret }: Pick<TakenValues, "plain" | "secret">,
): Promise<void> {
  const settings = readStackSettings(options.stack);
  const access = await preparePulumi(session, chooseStateAndSecrets(session, options, settings));
  await open(session, { ...options, makes: true }, settings, access);
  const set = (path: string, value: string, kind: "--plaintext" | "--secret") =>
    access.pulumi.run(
      ["config", "set", kind, "--path", `${projectName()}:${path}`, "--stack", options.stack],
      value,
    );
  await session.steps.run("Settings", async (reporter) => {
    await set("appFolder", appFolder, "--plaintext");
    for (const [path, value] of plain) await set(path, value, "--plaintext");
    for (const [path, value] of secret) await set(path, value, "--secret");
    for (const path of [...plain.keys(), ...secret.keys()]) reporter.line(path);
    const file = relative(checkout.root, checkout.settingsFile(options.stack));
    return {
      value: undefined,
      note: `${plain.size} values and ${secret.size} secrets in ${file}`,
      worked: true,
    };
  });
}
