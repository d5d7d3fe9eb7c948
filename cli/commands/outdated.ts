import { Argument } from "commander";
import { Docker } from "../../system/docker.ts";
import { checkout } from "../checkout.ts";
import { stackDocker } from "../docker/stack-docker.ts";
import { judgeDebianPins } from "../outdated/debian-pins.ts";
import { imagePins, judgeImagePin } from "../outdated/image-pins.ts";
import { judgeNpmPin, npmPins } from "../outdated/npm-pins.ts";
import { kinds, type JudgedPin, type Kind } from "../outdated/pin.ts";
import { judgePythonPin, pythonPins } from "../outdated/python-pins.ts";
import { outdatedExitCode, renderOutdated } from "../outdated/report.ts";
import type { Session } from "../session.ts";
import { withExamples, type AddCommand } from "./command.ts";

/** `berth outdated`: pinned versions with newer ones. */
export const addOutdated: AddCommand = (program, run) => {
  withExamples(
    program
      .command("outdated")
      .description("show which pinned versions are behind; exits with 1 if any is")
      .addArgument(new Argument("[kinds...]", "what to ask about; everything by default").choices(kinds)),
    [
      ["npx berth outdated", "npm packages, official images, Debian's and Python's packages in built images"],
      ["npx berth outdated debian", "security updates that the images on this engine lack"],
      ["npx berth outdated --json", "the same, for programs"],
    ],
  )
    .option("-s, --stack <name>", "look into the images on this stack's engine, not on the current one")
    .option("--json", "print JSON")
    .action(async (wanted: Kind[], options: Options) =>
      run({ showSteps: false }, (session) =>
        outdated(session, wanted.length === 0 ? kinds : wanted, options),
      ),
    );
};

interface Options {
  readonly stack?: string;
  readonly json?: boolean;
}

async function outdated(session: Session, wanted: readonly Kind[], options: Options): Promise<number> {
  const judged = await session.steps.run("Registries", async (reporter) => {
    const pins: JudgedPin[] = [];
    for (const kind of kinds.filter((one) => wanted.includes(one))) {
      reporter.line(`asking about ${kind}`);
      pins.push(...(await questions[kind](session, options.stack)));
    }
    return { value: pins, note: `asked about ${pins.length} versions`, worked: true };
  });
  session.print(options.json === true ? JSON.stringify(judged, null, 2) : renderOutdated(judged));
  return outdatedExitCode(judged);
}

/** One npm, or one apt, keeps a core busy. */
const atATime = 4;

const questions: Readonly<Record<Kind, (session: Session, stack?: string) => Promise<JudgedPin[]>>> = {
  npm: ({ env }) => inTurns(npmPins(checkout.root), (pin) => judgeNpmPin(pin, checkout.root, env)),
  image: () => Promise.all(imagePins().map((pin) => judgeImagePin(pin))),
  debian: ({ env, interruption }, stack) => {
    const docker = stack === undefined ? new Docker(env) : stackDocker(env, stack);
    return judgeDebianPins(docker, inTurns, interruption.signal);
  },
  python: ({ env }) => Promise.all(pythonPins(checkout.root).map((pin) => judgePythonPin(pin, env))),
};

/** Answers in the order of the questions, some of which are asked at the same time. */
async function inTurns<T>(pins: readonly T[], ask: (pin: T) => Promise<JudgedPin>): Promise<JudgedPin[]> {
  const judged: JudgedPin[] = [];
  for (let at = 0; at < pins.length; at += atATime) {
    judged.push(...(await Promise.all(pins.slice(at, at + atATime).map(ask))));
  }
  return judged;
}
