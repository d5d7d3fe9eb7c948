import { Argument, InvalidArgumentError } from "commander";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { changeSettings, type ChangeOptions, type SettingsChange } from "../deploy/change-settings.ts";
import { releasesOf } from "../deploy/release-records.ts";
import type { StackWork } from "../deploy/on-stack.ts";
import { stackCommand, type AddCommand } from "./command.ts";
import { changeOptions } from "./options.ts";

type Step = number | "promote" | "abort";

/** `berth canary`: a share of the requests for what `app/` has become. */
export const addCanary: AddCommand = (program, run) => {
  const command = stackCommand(
    program,
    "canary",
    "try the image of app/ on a share of the requests, then promote or abort it",
    [
      ["npx berth canary 10 --stack prod", "send it one request in ten"],
      ["npx berth canary promote --stack prod", "make it the release"],
      ["npx berth canary abort --stack prod", "remove it; the previous release continues"],
    ],
  ).addArgument(new Argument("<share>", "a percentage from 1 to 50, promote, or abort").argParser(parseStep));
  for (const option of changeOptions()) command.addOption(option);
  command.action(async (step: Step, options: ChangeOptions) =>
    run({ showSteps: true }, (session) =>
      changeSettings(session, "canary", options, (work) => decide(work, step, options.stack)),
    ),
  );
};

function parseStep(text: string): Step {
  if (text === "promote" || text === "abort") return text;
  const share = Number(text);
  if (Number.isInteger(share) && share >= 1 && share <= 50) return share;
  throw new InvalidArgumentError("A whole number from 1 to 50, promote or abort is expected.");
}

async function decide({ docker, config }: StackWork, step: Step, stack: string): Promise<SettingsChange> {
  const { canary, appImage: image } = config.release;
  if (typeof step !== "number") {
    if (canary === undefined) {
      throw new CommandError(
        `Stack ${stack} has no canary. Start one: npx berth canary 10 --stack ${stack}`,
        exitCode.usage,
      );
    }
    return {
      what: step === "promote" ? "makes the canary's image the release" : "takes the canary away",
      changes: step === "promote" ? { canary: undefined, appImage: undefined } : { canary: undefined },
      restore: true,
    };
  }
  const serving = image ?? (await releasesOf(docker, stack))[0]?.image;
  if (serving === undefined) {
    throw new CommandError(
      `Stack ${stack} has no release to run a canary beside. Deploy one: npx berth up --stack ${stack}`,
      exitCode.failed,
    );
  }
  return {
    what: `sends ${step} % of the requests to the image of app/, and the others to ${serving}`,
    changes: { appImage: serving, canary: String(step) },
    restore: true,
  };
}
