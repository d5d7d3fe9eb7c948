import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { onlyDataVariable } from "../../infra/facts/only-data.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { runningPart } from "../docker/stack-docker.ts";
import { parseDeployment, runningContainers } from "../pulumi/deployment.ts";
import { swappedMark } from "../running/kept-roles.ts";
import { RestoreWork, type Moment } from "../running/restore-work.ts";
import type { Session } from "../session.ts";
import { projectName } from "../settings/project.ts";
import { withMadeValues, withoutResources } from "../state/made-values.ts";
import { deploy, type DeployOptions } from "./deploy.ts";
import { requireEmptyHost } from "./empty-host.ts";
import { keepBackupKey } from "./keep-backup-key.ts";
import { lostState } from "../state/kept-state.ts";
import type { StackWork } from "./on-stack.ts";

/** How a stack is had back on another host. */
export interface RestoreHostOptions extends DeployOptions {
  /** Seconds of the epoch; undefined for everything that was archived. */
  readonly at: number | undefined;
  /** File with the key of the backups, if the settings do not have it. */
  readonly keyFile: string | undefined;
}

/**
 * Has a stack back on an empty host: from its repositories, the key and the checkout. First what
 * holds the data is deployed, then the data comes in, then everything else, so that nobody ever
 * sees an empty site. A run that was killed goes on when it is run again.
 */
export async function restoreHost(
  session: Session,
  work: StackWork,
  options: RestoreHostOptions,
  pulumiArgs: readonly string[],
): Promise<number> {
  const { docker, pulumi } = work;
  const { stack } = options;
  await requireEmptyHost(work, options.keyFile !== undefined);
  await setKey(work, options.keyFile);
  const begun = await setLostStateAside(session, work);
  const holders = { ...begun, pulumi: pulumi.with({ [onlyDataVariable]: "1" }) };
  const code = await deploy(session, holders, { ...options, ask: false, stage: "data" });
  if (code !== exitCode.done) return code;
  await restoreData(session, work, stack, options.at);
  await adoptValues(session, work, stack);
  const deployment = (await pulumi.export(stack)) ?? begun.deployment;
  const ended = await deploy(session, { ...work, deployment }, { ...options, stage: "rest" }, pulumiArgs);
  if (ended !== exitCode.done) return ended;
  // What is kept beside the data is the empty database that the host began with.
  await (await RestoreWork.of(docker, stack)).drop();
  session.print(
    "The stack is back. A full backup, and its proof, follow by themselves: npx berth backups says when.",
  );
  return exitCode.done;
}

async function setKey({ pulumi, config }: StackWork, file: string | undefined): Promise<void> {
  if (file === undefined) return;
  if (config.secretsFrom.some(({ path }) => path === "backupKey")) {
    throw new CommandError(
      "--backup-key: the stack gets its key from a command (secretsFrom.backupKey). Fix: leave --backup-key out",
      exitCode.usage,
    );
  }
  const key = readKey(file);
  await pulumi.run(["config", "set", "--secret", `${projectName()}:backupKey`, "--stack", config.stack], key);
}

function readKey(file: string): string {
  let key: string;
  try {
    key = readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new CommandError(`--backup-key: ${file} cannot be read: ${String(error)}`, exitCode.usage);
  }
  if (key === "") throw new CommandError(`--backup-key: ${file} is empty.`, exitCode.usage);
  return key;
}

/**
 * A state that is still here tells of a host that is gone: it is set aside, and its values are
 * taken over later.
 */
async function setLostStateAside(session: Session, work: StackWork): Promise<StackWork> {
  const { config, deployment, docker, pulumi } = work;
  const { stack } = config;
  const ids = new Set(runningContainers(deployment).map(({ id }) => id));
  if (ids.size === 0) return work;
  const present = await docker.containers(["--all", "--filter", `label=berth.stack=${stack}`]);
  if (present.some(({ id }) => ids.has(id))) return work;
  await keepBackupKey(session, work);
  const text = await pulumi.run(["stack", "export", "--stack", stack]);
  mkdirSync(dirname(lostState(stack)), { recursive: true, mode: 0o700 });
  writeFileSync(lostState(stack), text, { mode: 0o600 });
  const emptied = withoutResources(text);
  await pulumi.run(["stack", "import", "--stack", stack], emptied);
  session.say("The state tells of a host that is gone. What the stack had made by itself is taken over.");
  return { ...work, deployment: parseDeployment(emptied), recovered: false };
}

/** How far the data has come: `half` if a swap was interrupted. */
const progressScript = `if [ -e "$PGDATA/berth_restored.json" ] || [ -e ${swappedMark('"${PGDATA%/*}"')} ]; then echo half; exit; fi
until pg_isready -q -h 127.0.0.1 -U postgres; do sleep 0.2; done
psql -XqAtU postgres -d postgres -c "select case when exists (select from pg_database where datname = 'app') then 'whole' else 'none' end"`;

async function restoreData(
  session: Session,
  { docker }: StackWork,
  stack: string,
  at: number | undefined,
): Promise<void> {
  const { id } = runningPart(await docker.containersOf(stack), stack, "postgres");
  const progress = (await docker.run(["exec", id, "sh", "-euc", progressScript])).trim();
  const moment: Moment = at === undefined ? { at: Date.now() / 1000, latest: true } : { at };
  await session.steps.run("Data", async (reporter) => {
    if (progress === "whole") return { value: undefined, note: "there already", worked: false };
    const restore = await RestoreWork.of(docker, stack);
    if (progress === "half") {
      await restore.swap("restored");
      return { value: undefined, note: "the swap went on", worked: true };
    }
    let told = -1;
    const { backup, databaseBytes, lastTransactionAt, repository, uploads } = await restore.prepare(
      moment,
      ({ percent }) => {
        const tenth = Math.floor(percent / 10);
        if (tenth > told) reporter.line(`restored ${Math.round(percent)} %`);
        told = Math.max(told, tenth);
      },
    );
    reporter.line("swapping it in");
    await restore.swap("restored");
    const change =
      lastTransactionAt === null ? "" : `, last change ${new Date(lastTransactionAt * 1000).toISOString()}`;
    const size = `${Math.ceil(databaseBytes / 2 ** 20)} MiB`;
    return {
      value: undefined,
      note: `${size} and ${uploads?.files ?? 0} files from backup ${backup} (${repository})${change}`,
      worked: true,
    };
  });
}

/** Takes over what the stack had made by itself, of the state that is here or in a repository. */
async function adoptValues(session: Session, { docker, pulumi }: StackWork, stack: string): Promise<void> {
  const lost = existsSync(lostState(stack))
    ? readFileSync(lostState(stack), "utf8")
    : await keptState({ docker, stack, say: session.say });
  if (lost === undefined) return;
  const present = await pulumi.run(["stack", "export", "--stack", stack]);
  const { adopted, readable, text } = withMadeValues(present, lost);
  if (!readable) {
    session.say(
      "The lost state is encrypted with another passphrase. What the stack had made by itself is made anew: people sign in again.",
    );
  } else if (adopted > 0) {
    await pulumi.run(["stack", "import", "--stack", stack], text);
    session.say(`${adopted} keys and passwords of the lost host go on.`);
  }
}

async function keptState({
  docker,
  stack,
  say,
}: Pick<StackWork, "docker"> & { stack: string; say: Session["say"] }): Promise<string | undefined> {
  const { id } = runningPart(await docker.containersOf(stack), stack, "backup");
  const { code, stderr, stdout } = await docker.try(["exec", id, "berth-backup", "state"]);
  if (code === 0) return stdout;
  say(`${stderr.trim()} What the stack had made by itself is made anew: people sign in again.`);
  return undefined;
}
