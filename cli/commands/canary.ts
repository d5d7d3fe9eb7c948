import { Argument, InvalidArgumentError, Option } from "commander";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { changeSettings, type ChangeOptions, type SettingsChange } from "../deploy/change-settings.ts";
import { releasesOf } from "../deploy/release-records.ts";
import type { StackWork } from "../deploy/on-stack.ts";
import { watchCanary } from "../deploy/watch-canary.ts";
import { stackDocker } from "../docker/stack-docker.ts";
import type { Session } from "../session.ts";
import { formatDuration, parseDuration } from "../terminal/duration.ts";
import { stackCommand, type AddCommand } from "./command.ts";
import { changeOptions } from "./options.ts";

type Step = number | "promote" | "abort";

interface CanaryOptions extends ChangeOptions {
  /** Request header that chooses a release. */
  readonly header?: string;
  /** Seconds to compare it with the others, before it is promoted or given up. */
  readonly judge?: number;
}

/** `berth canary`: a share of the visitors for what `app/` has become. */
export const addCanary: AddCommand = (program, run) => {
  const command = stackCommand(
    program,
    "canary",
    "try the image of app/ on a share of the visitors, then promote or abort it",
    [
      ["npx berth canary 10 --stack prod", "one visitor in ten meets it, and keeps meeting it"],
      ["npx berth canary 10 --judge 10m --stack prod", "promote it after ten minutes, or give it up"],
      ["npx berth canary 0 --header X-Canary --stack prod", "only requests with X-Canary: canary meet it"],
      ["npx berth canary promote --stack prod", "make it the release"],
      ["npx berth canary abort --stack prod", "remove it; the previous release continues"],
    ],
  )
    .addArgument(new Argument("<share>", "a percentage from 0 to 50, promote, or abort").argParser(parseStep))
    .option("--header <name>", "a request header that chooses: canary or stable")
    .addOption(
      new Option(
        "--judge <time>",
        "compare failures and times with the others' for so long (10m), then promote or give it up",
      ).argParser(parseTime),
    );
  for (const option of changeOptions()) command.addOption(option);
  command.action(async (step: Step, options: CanaryOptions) =>
    run({ showSteps: true }, (session) => canary(session, step, options)),
  );
};

function parseStep(text: string): Step {
  if (text === "promote" || text === "abort") return text;
  const share = Number(text);
  if (/^\d+$/.test(text) && share <= 50) return share;
  throw new InvalidArgumentError("A whole number from 0 to 50, promote or abort is expected.");
}

function parseTime(text: string): number {
  const seconds = parseDuration(text);
  if (seconds !== undefined && seconds > 0) return seconds;
  throw new InvalidArgumentError("A time such as 90s or 10m is expected.");
}

async function canary(session: Session, step: Step, options: CanaryOptions): Promise<number> {
  const { header, judge, stack } = options;
  if (typeof step !== "number" && (header !== undefined || judge !== undefined)) {
    throw new CommandError(
      `--header and --judge belong to a share, not to ${step}: npx berth canary 10 --judge 10m --stack ${stack}`,
      exitCode.usage,
    );
  }
  if (step === 0 && (header === undefined || judge !== undefined)) {
    throw new CommandError(
      `Nobody meets a canary of 0 % but with a header, and it cannot be judged: npx berth canary 0 --header X-Canary --stack ${stack}`,
      exitCode.usage,
    );
  }
  const code = await changeSettings(session, "canary", options, (work) =>
    typeof step === "number" ? begin(work, step, options) : end(work, step, stack),
  );
  return code === exitCode.done && judge !== undefined ? judged(session, judge, options) : code;
}

async function begin(
  { docker, config }: StackWork,
  share: number,
  { header, stack }: CanaryOptions,
): Promise<SettingsChange> {
  const serving = config.release.appImage ?? (await releasesOf(docker, stack))[0]?.image;
  if (serving === undefined) {
    throw new CommandError(
      `Stack ${stack} has no release to run a canary beside. Deploy one: npx berth up --stack ${stack}`,
      exitCode.failed,
    );
  }
  const chosen = header === undefined ? "" : ` and whoever sends ${header}: canary`;
  return {
    what: `sends ${share} % of the visitors${chosen} to the image of app/, and the others to ${serving}`,
    changes: { appImage: serving, canary: String(share), canaryHeader: header },
    restore: true,
  };
}

function end({ config }: StackWork, step: "promote" | "abort", stack: string): Promise<SettingsChange> {
  if (config.release.canary === undefined) {
    throw new CommandError(
      `Stack ${stack} has no canary. Start one: npx berth canary 10 --stack ${stack}`,
      exitCode.usage,
    );
  }
  const over = { canary: undefined, canaryHeader: undefined };
  return Promise.resolve({
    what: step === "promote" ? "makes the canary's image the release" : "takes the canary away",
    changes: step === "promote" ? { ...over, appImage: undefined } : over,
    restore: true,
  });
}

/** Waits for the verdict, without the stack's lock, and does what it says. */
async function judged(session: Session, seconds: number, options: CanaryOptions): Promise<number> {
  const { stack } = options;
  session.say(`\nThe canary is compared with the others for ${formatDuration(seconds)}.`);
  const { verdict, why } = await watchCanary({
    docker: stackDocker(session.env, stack),
    stack,
    seconds,
    say: session.say,
    signal: session.interruption.signal,
  });
  if (verdict === "unknown") {
    session.say(
      `The canary was neither promoted nor given up: ${why}. It still runs.\nNext: npx berth canary promote --stack ${stack}, or abort, or a larger share.`,
    );
    return exitCode.failed;
  }
  const step = verdict === "worse" ? "abort" : "promote";
  session.say(`The canary is ${verdict === "worse" ? "given up" : "promoted"}: ${why}.`);
  const code = await changeSettings(session, "canary", { ...options, yes: true }, (work) =>
    end(work, step, stack),
  );
  return code === exitCode.done && verdict === "worse" ? exitCode.failed : code;
}
