import { Argument, InvalidArgumentError } from "commander";
import { maintenancePages } from "../../infra/rendering/error-pages.ts";
import { checkout } from "../checkout.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import type { Session } from "../session.ts";
import { projectName } from "../settings/project.ts";
import { Maintenance } from "../running/maintenance.ts";
import { readSettingsFile } from "../settings/settings-file.ts";
import { runningPart, stackDocker } from "../docker/stack-docker.ts";
import { stackCommand, type AddCommand } from "./command.ts";

const actions = ["on", "off", "status"] as const;
type Action = (typeof actions)[number];

interface MaintenanceOptions {
  readonly stack: string;
  readonly message?: string;
  readonly retryAfter?: number;
  readonly json?: boolean;
}

/**
 * `berth maintenance`: the proxy answers 503 with a message, and lets the setting
 * maintenanceAllowed through.
 */
export const addMaintenance: AddCommand = (program, run) => {
  stackCommand(
    program,
    "maintenance",
    "answer every request with 503 and a message, except from maintenanceAllowed",
    [
      ['npx berth maintenance on --stack prod --message "Back at 10:00"', "hold visitors back"],
      ["npx berth maintenance off --stack prod", "end maintenance"],
      ["npx berth maintenance status --stack prod", "whether it is on, since when, and with which message"],
    ],
  )
    .addArgument(new Argument("<action>", "what to do").choices(actions))
    .option("-m, --message <text>", "what visitors read; plain text, for on")
    .option(
      "--retry-after <seconds>",
      "when clients should come back (default: the setting maintenanceRetryAfter)",
      parseSeconds,
    )
    .option("--json", "print JSON, for status")
    .action(async (action: Action, options: MaintenanceOptions) =>
      run({ showSteps: false }, (session) => maintenance(session, action, options)),
    );
};

async function maintenance(session: Session, action: Action, options: MaintenanceOptions): Promise<number> {
  const { stack, message, retryAfter } = options;
  if (action === "on" && (message === undefined || message.trim() === "")) {
    throw new CommandError(
      'maintenance on needs a message for visitors: --message "Back at 10:00".',
      exitCode.usage,
    );
  }
  const docker = stackDocker(session.env, stack);
  const proxy = runningPart(await docker.containersOf(stack), stack, "nginx");
  const switched = new Maintenance(docker, proxy.id);
  if (action === "on") {
    await switched.on(maintenancePages(message ?? "", localeOf(stack)), retryAfter);
    session.print(
      `Maintenance of stack ${stack} is on. To end it: npx berth maintenance off --stack ${stack}`,
    );
    return exitCode.done;
  }
  if (action === "off") {
    const was = await switched.off();
    session.print(`Maintenance of stack ${stack} ${was ? "is off" : "was not on"}.`);
    return exitCode.done;
  }
  const state = await switched.status();
  if (options.json === true) session.print(JSON.stringify({ stack, ...state }, null, 2));
  else if (!state.on) session.print(`Maintenance of stack ${stack} is off.`);
  else
    session.print(`Maintenance of stack ${stack} is on since ${state.since ?? "?"}: ${state.message ?? ""}`);
  return exitCode.done;
}

/** Language of the stack's own pages. */
function localeOf(stack: string): "en" | "ru" {
  return readSettingsFile(checkout.settingsFile(stack), projectName()).values["locale"] === "ru"
    ? "ru"
    : "en";
}

function parseSeconds(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 86_400)
    throw new InvalidArgumentError("Whole seconds from 1 to 86400 are expected.");
  return value;
}
