import { Argument } from "commander";
import { exitCode } from "../../system/exit-code.ts";
import { stackDocker } from "../docker/stack-docker.ts";
import { BackupContainer } from "../running/backup-container.ts";
import type { Session } from "../session.ts";
import { parseBackups, renderBackupMetrics, renderBackups } from "../status/backup-report.ts";
import { formatDuration } from "../terminal/duration.ts";
import { stackCommand, type AddCommand } from "./command.ts";

const actions = ["show", "full", "diff", "incr", "prove", "key"] as const;
type Action = (typeof actions)[number];

interface BackupsOptions {
  readonly stack: string;
  readonly json?: boolean;
  readonly metrics?: boolean;
}

/** `berth backups`: what can be restored, made and proved by the stack's own container. */
export const addBackups: AddCommand = (program, run) => {
  stackCommand(
    program,
    "backups",
    "show what can be restored; exits with 1 unless the policy of the stack holds",
    [
      ["npx berth backups --stack prod", "restorable from … to …, gaps, lag, proofs, next runs"],
      ["npx berth backups --stack prod --json", "the same, for programs"],
      ["npx berth backups --stack prod --metrics", "the same, for Prometheus' textfile collector"],
      ["npx berth backups full --stack prod", "makes a full backup now; diff and incr store less"],
      ["npx berth backups prove --stack prod", "restores the newest backup now, and checks it"],
      ["npx berth backups key --stack prod", "shows the key, to be kept in another place"],
    ],
  )
    .addArgument(new Argument("[action]", "what to do").choices(actions).default("show"))
    .option("--json", "print JSON, for show")
    .option("--metrics", "print Prometheus' text format, for show")
    .action(async (action: Action, options: BackupsOptions) =>
      run({ showSteps: false }, (session) => backups(session, action, options)),
    );
};

async function backups(session: Session, action: Action, options: BackupsOptions): Promise<number> {
  const container = await BackupContainer.of(stackDocker(session.env, options.stack), options.stack);
  switch (action) {
    case "show":
      return show(session, container, options);
    case "key":
      session.print(await container.key());
      session.say(
        "Without this key nobody can read the backups, you neither. Keep it outside of this host, for example in a password " +
          `manager. A stack elsewhere takes it as a setting: pulumi config set --secret backupKey --stack ${options.stack}`,
      );
      return exitCode.done;
    case "prove":
      return work(session, container, action, ["prove"]);
    case "full":
    case "diff":
    case "incr":
      return work(session, container, action, ["backup", action]);
  }
}

async function show(session: Session, container: BackupContainer, options: BackupsOptions): Promise<number> {
  const report = parseBackups(await container.status());
  if (options.json === true) session.print(JSON.stringify(report, null, 2));
  else session.print(options.metrics === true ? renderBackupMetrics(report) : renderBackups(report));
  return report.healthy ? exitCode.done : exitCode.failed;
}

/** Has a job done, and tells each tenth of it. */
async function work(
  session: Session,
  container: BackupContainer,
  action: Action,
  order: readonly string[],
): Promise<number> {
  let told = -1;
  let last = 0;
  await container.work(order, ({ percent, seconds }) => {
    last = seconds;
    const tenth = Math.floor(percent / 10);
    if (tenth <= told) return;
    told = tenth;
    const left = percent > 5 ? `, about ${formatDuration((seconds / percent) * (100 - percent))} left` : "";
    session.say(`${action}: ${Math.round(percent)} % after ${formatDuration(seconds)}${left}`);
  });
  session.print(`${action === "prove" ? "Proved" : `A ${action} backup is made`} (${formatDuration(last)}).`);
  return exitCode.done;
}
