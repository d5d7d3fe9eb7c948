import type { StackConfig } from "../../stacks/stack-config.ts";
import { Docker } from "../../system/docker.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { Move, type Moved } from "./move.ts";
import { findCertificate, serveCertificate, type OldCertificate } from "./old-certificate.ts";
import { findOldSetup, type OldSetup } from "./old-setup.ts";
import { projectName } from "../settings/project.ts";
import { stackDeclaration } from "../settings/stack-declaration.ts";
import type { Session } from "../session.ts";
import { confirm } from "../terminal/confirm.ts";
import { formatDuration } from "../terminal/duration.ts";
import { changeSettings, type ChangeOptions, type SettingChanges } from "../deploy/change-settings.ts";
import type { StackWork } from "../deploy/on-stack.ts";

/** Seconds that a deployment takes which gives the proxy other ports; a busy machine takes them. */
const portsSeconds = 45;

/** What a move comes to before anything is stopped. */
interface Plan {
  readonly old: OldSetup;
  readonly move: Move;
  readonly certificate: OldCertificate | undefined;
  readonly ports: SettingChanges;
  /** Longest that the stop is going to be. */
  readonly seconds: number;
}

/**
 * Moves what an application has under docker compose into its stack, which runs beside it:
 * rehearses, asks, stops the old set-up, copies, compares, and lets people in. Whatever goes wrong,
 * the old set-up runs on with its data, which is only ever read.
 * @param file compose file
 * @returns the command's exit code
 */
export async function moveIn(session: Session, file: string, options: ChangeOptions): Promise<number> {
  const { stack } = options;
  let begun: { readonly at: number; readonly plan: Plan; readonly moved: Moved } | undefined;
  let code: number = exitCode.failed;
  try {
    // Asked here, after the rehearsal.
    code = await changeSettings(session, "adopt", { ...options, yes: true }, async (work) => {
      const plan = await planned(session, file, stack, work);
      await agree(session, options, plan);
      const at = Date.now();
      const moved = await session.steps.run("Move", async () => {
        try {
          const value = await plan.move.forGood();
          return { value, note: whatMoved(value), worked: true };
        } catch (error) {
          await plan.move.takeBack();
          session.say("The old set-up runs again, and the stack is as it was. Nothing was lost.");
          throw error;
        }
      });
      begun = { at, plan, moved };
      await takeCertificate(work, stack, plan);
      return {
        what: `moves ${whatMoved(moved)} into stack ${stack}${portsText(plan.ports)}`,
        changes: plan.ports,
        restore: true,
      };
    });
    return code;
  } finally {
    if (begun !== undefined) await ended(session, stack, code, begun);
  }
}

async function planned(session: Session, file: string, stack: string, work: StackWork): Promise<Plan> {
  const from = new Docker(session.env);
  const old = await findOldSetup(from, file);
  const declaration = stackDeclaration(stack);
  const move = await Move.of({ from, old, docker: work.docker, project: projectName(), stack, declaration });
  if (await move.begin())
    session.say("A move was interrupted. It was taken back; the old set-up has all of its data.");
  const ports = sameEngine(from, work.docker) ? portChanges(old, work.config) : {};
  const certificate =
    work.config.edge?.tls === "certbot"
      ? await findCertificate(from, old.others, work.config.edge.domain)
      : undefined;
  const rehearsed = await session.steps.run("Rehearsal", async () => {
    const value = await move.rehearse();
    return { value, note: `${whatMoved(value)} copied and compared`, worked: true };
  });
  const grace = Math.max(0, ...old.others.filter(({ running }) => running).map((one) => one.grace));
  const forPorts = Object.keys(ports).length > 0 ? portsSeconds : 0;
  return { old, move, certificate, ports, seconds: rehearsed.seconds + grace + forPorts };
}

const sameEngine = (one: Docker, other: Docker) => one.key === other.key;

/** Where the old proxy is reached on the host, as far as the stack's settings differ from it. */
export function portChanges(
  { others }: Pick<OldSetup, "others">,
  { edge }: Pick<StackConfig, "edge">,
): SettingChanges {
  const held = (...inside: readonly number[]) =>
    others.flatMap(({ ports }) => inside.flatMap((port) => ports.get(port) ?? []))[0];
  const [http, https] = [held(80, 8080), edge?.tls === "off" ? undefined : held(443, 8443)];
  const first = https ?? http;
  if (edge === undefined || first === undefined) return {};
  const wanted = {
    // All addresses of a host take port 80 alone.
    httpPort: http?.port ?? (first.address === edge.proxyAddress ? edge.httpPort : 80),
    httpsPort: https?.port ?? edge.httpsPort,
    proxyAddress: first.address,
  };
  const changed = Object.entries(wanted).filter(
    ([name, value]) => edge[name as keyof typeof wanted] !== value,
  );
  return Object.fromEntries(changed.map(([name, value]) => [name, String(value)]));
}

async function agree(
  session: Session,
  { stack, yes }: ChangeOptions,
  { certificate, old, ports, seconds }: Plan,
): Promise<void> {
  const stopped = old.others.filter(({ running }) => running).map(({ service }) => service);
  const returning = old.others.filter(({ returns }) => returns).map(({ name }) => name);
  session.say(
    [
      "",
      `Everything of ${old.file} fits into stack ${stack}: the rehearsal copied it, compared it, and the application answered with it.`,
      `The stop: ${formatDuration(seconds)} at most, from the end of ${stopped.join(", ") || "nothing"} until stack ${stack} answers with the data${portsText(ports)}.`,
      certificate === undefined
        ? "No certificate is taken: no Nginx of the old set-up has a valid one for the stack's names, or the stack's comes from elsewhere."
        : `Its certificate, valid until ${certificate.until.toISOString().slice(0, 10)}, is served until Certbot has one.`,
      "The old set-up is only read. Its volumes stay as they are, and the stack keeps what it has now.",
      ...(returning.length === 0
        ? []
        : [
            `Their restart policy brings these back with the engine: docker update --restart unless-stopped ${returning.join(" ")}`,
          ]),
    ].join("\n"),
  );
  if (yes === true) return;
  if (!session.interactive)
    throw new CommandError(
      "adopt --from asks first, which needs a terminal; --yes skips the question. Nothing was changed.",
      exitCode.usage,
    );
  const answer = await confirm(`Move it? Type the stack's name (${stack}): `, session.interruption.signal);
  session.interruption.check();
  if (answer.trim() !== stack) throw new CommandError("Nothing was changed.", exitCode.failed);
}

/** Without it, people would see a placeholder until the authority has answered. */
async function takeCertificate({ docker }: StackWork, stack: string, { certificate }: Plan): Promise<void> {
  const nginx = (await docker.containersOf(stack)).find(({ part }) => part === "nginx");
  if (certificate !== undefined && nginx !== undefined)
    await serveCertificate(docker, stack, nginx, certificate);
}

/** Ends the move once the deployment has, whichever way. */
async function ended(
  session: Session,
  stack: string,
  code: number,
  { at, moved, plan }: { readonly at: number; readonly plan: Plan; readonly moved: Moved },
): Promise<void> {
  if (code !== exitCode.done) {
    await plan.move.takeBack().catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      throw new CommandError(
        `The stack has its own data again, and the old set-up could not be started: ${why}\n` +
          `Give its ports back and start it: npx berth up --stack ${stack} && docker compose -f ${plan.old.file} start`,
        exitCode.failed,
      );
    });
    session.say("The old set-up runs again, and the stack has its own data. Nothing was lost.");
    return;
  }
  const deployed = Object.keys(plan.ports).length > 0;
  const stop = deployed ? (Date.now() - at) / 1000 : moved.seconds;
  await plan.move.finish();
  session.print(
    [
      `\nMoved: ${whatMoved(moved)}, all equal. The stop was ${formatDuration(stop)}; ${formatDuration(plan.seconds)} were announced.`,
      `The old set-up is stopped, with all of its data: docker compose -f ${plan.old.file} start brings it back, after npx berth down --stack ${stack} if it needs the ports. It does not have what is written from now on.`,
      `What stack ${stack} had before is its database app_before. Once nobody needs it: npx berth psql --stack ${stack} -- -d postgres -c 'drop database app_before'`,
    ].join("\n"),
  );
}

function whatMoved({ files, rows, tables }: Moved): string {
  const uploads = files === undefined ? "" : ` and ${files} files`;
  return `${rows} rows of ${tables} tables${uploads}`;
}

function portsText(ports: SettingChanges): string {
  const { proxyAddress, ...numbers } = ports;
  const taken = Object.values(numbers);
  const where = taken.length === 0 ? `address ${proxyAddress ?? ""}` : `ports ${taken.join(" and ")}`;
  return Object.keys(ports).length === 0 ? "" : `, on ${where} of the old one`;
}
