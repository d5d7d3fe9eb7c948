import { Argument } from "commander";
import { exitCode } from "../../system/exit-code.ts";
import { stackDocker } from "../docker/stack-docker.ts";
import { WatcherContainer } from "../running/watcher-container.ts";
import type { Session } from "../session.ts";
import { isQuiet, parseAlerts, parseAnswers, renderAlerts } from "../status/alert-report.ts";
import { stackCommand, type AddCommand } from "./command.ts";

const actions = ["show", "test"] as const;
type Action = (typeof actions)[number];

interface AlertsOptions {
  readonly stack: string;
  readonly json?: boolean;
}

/** `berth alerts`: what the stack's watcher sees, and whether it reaches anybody. */
export const addAlerts: AddCommand = (program, run) => {
  stackCommand(
    program,
    "alerts",
    "show every rule and what it says; exits with 1 while one fires, or a receiver takes nothing",
    [
      ["npx berth alerts --stack prod", "rules, their state and since when; what receivers answered"],
      ["npx berth alerts --stack prod --json", "the same, for programs"],
      ["npx berth alerts test --stack prod", "sends a test through each channel, and shows the answers"],
    ],
  )
    .addArgument(new Argument("[action]", "what to do").choices(actions).default("show"))
    .option("--json", "print JSON")
    .action(async (action: Action, options: AlertsOptions) =>
      run({ showSteps: false }, (session) => alerts(session, action, options)),
    );
};

async function alerts(session: Session, action: Action, options: AlertsOptions): Promise<number> {
  const watcher = await WatcherContainer.of(stackDocker(session.env, options.stack), options.stack);
  const print = (value: unknown, text: string) => {
    session.print(options.json === true ? JSON.stringify(value, null, 2) : text);
  };
  if (action === "test") {
    const answers = parseAnswers(await watcher.test());
    const lines = answers.map(
      ({ answer, channel, ok }) => `${channel}: ${ok ? "took it" : "did NOT take it"}: ${answer}`,
    );
    print(answers, lines.join("\n"));
    return answers.every(({ ok }) => ok) ? exitCode.done : exitCode.failed;
  }
  const report = parseAlerts(await watcher.status());
  print(report, renderAlerts(report));
  return isQuiet(report) ? exitCode.done : exitCode.failed;
}
