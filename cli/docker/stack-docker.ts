import { checkout } from "../checkout.ts";
import type { Container } from "../../system/container.ts";
import { Docker } from "../../system/docker.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { projectName } from "../settings/project.ts";
import { readSettingsFile } from "../settings/settings-file.ts";
import { stackFlag } from "../settings/stack-flag.ts";
import { kindOfFile } from "../settings/stack-settings.ts";

/**
 * The engine that a stack is on, for commands that look at what runs there and need no Pulumi.
 * @throws SettingsError for a stack that cannot exist, with the name that was probably meant
 */
export function stackDocker(env: NodeJS.ProcessEnv, stack: string): Docker {
  const file = readSettingsFile(checkout.settingsFile(stack), projectName());
  kindOfFile(stack, file);
  const host = file.values["dockerHost"];
  return new Docker(env, host === "" ? undefined : host, projectName());
}

/**
 * The running container of a part; of several replicas the first.
 * @throws CommandError with the parts that do run
 */
export function runningPart(containers: readonly Container[], stack: string, part: string): Container {
  const running = containers.filter(({ status }) => status === "running");
  const found =
    running.find((container) => container.part === part) ?? running.find(({ name }) => name === part);
  if (found !== undefined) return found;
  const parts = [...new Set(running.map((container) => container.part))];
  throw new CommandError(
    parts.length === 0
      ? `Nothing of stack ${stack} runs. Start it: npx berth up${stackFlag(stack)}`
      : `Stack ${stack} has no running ${part}. Running: ${parts.join(", ")}.`,
    exitCode.failed,
  );
}
