import { postgresImages } from "../../images/catalogue.ts";
import {
  dataVolumeName,
  versionLabel,
  type PostgresVersion,
  type VersionRecord,
} from "../../releases/data-version.ts";
import { freeze } from "../../releases/read-data-files.ts";
import type { Container } from "../../system/container.ts";
import { dockerCommand } from "../../system/docker-commands.ts";
import type { Docker } from "../../system/docker.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { capture } from "../../system/run.ts";
import { checkout } from "../checkout.ts";
import type { Session } from "../session.ts";
import { stackDeclaration } from "../settings/stack-declaration.ts";
import { formatDuration } from "../terminal/duration.ts";
import { CopyServer } from "./copy-server.ts";

/** A change of a stack's version of PostgreSQL. */
export interface VersionChange {
  readonly docker: Docker;
  readonly project: string;
  readonly stack: string;
  readonly from: PostgresVersion;
  readonly to: PostgresVersion;
}

/** Label of the volumes that a copy is made in. */
export const copyLabel = "berth.copy";

/** Makes an image of the catalogue available on the engine. @returns its reference */
export async function provideVersion(
  session: Session,
  docker: Docker,
  version: PostgresVersion,
  source: string,
): Promise<string> {
  return session.steps.run(`Image of PostgreSQL ${version}`, async (reporter) => {
    const args = ["images/provide.ts", postgresImages[version], "--source", source];
    const ended = await capture(
      { command: process.execPath, args },
      { env: docker.env, cwd: checkout.root, signal: session.interruption.signal },
    );
    for (const line of ended.stderr.trim().split("\n")) reporter.line(line);
    if (ended.code !== 0) throw new CommandError(ended.stderr.trim(), exitCode.environment);
    const { reference } = JSON.parse(ended.stdout) as { reference: string };
    return { value: reference, note: reference, worked: true };
  });
}

/** Makes an empty volume for a copy. A volume with other data is never touched. */
async function emptyVolume({ docker, project, stack }: VersionChange, name: string): Promise<void> {
  const labels = { "berth.project": project, "berth.stack": stack, "berth.part": "postgres" };
  await docker.run(dockerCommand.createVolume(name, { ...labels, [copyLabel]: "under way" }));
}

/** Copies the data of the running Postgres. @returns seconds, and whether all rows are there */
async function copied(
  change: VersionChange,
  image: string,
  volume: string,
  original: Container,
  app: Container | undefined,
): Promise<{ readonly seconds: number; readonly equal: boolean }> {
  const { docker, project, stack, to } = change;
  const begun = Date.now();
  await emptyVolume(change, volume);
  const server = new CopyServer(docker, {
    project,
    stack,
    original: original.id,
    version: to,
    image,
    volume,
  });
  try {
    await server.start();
    await server.copy();
    const status = stackDeclaration(stack).migrate?.status;
    if (app !== undefined && status !== undefined) await server.checkBy(app.id, status);
    const { copy, original: rows } = await server.rows();
    return { seconds: (Date.now() - begun) / 1000, equal: copy === rows };
  } finally {
    await server.end();
  }
}

const partOf = (containers: readonly Container[], part: string) =>
  containers.find((container) => container.part === part && container.status === "running");

/**
 * Copies the data while the stack runs, and throws the copy away: it shows how long it takes, that
 * the new version has all extensions, and that the application accepts it.
 * @returns seconds that it took
 */
export async function rehearse(session: Session, change: VersionChange, image: string): Promise<number> {
  const { docker, stack, to } = change;
  return session.steps.run("Rehearsal", async () => {
    const containers = await docker.containersOf(stack);
    const volume = `${dataVolumeName(change, to)}-rehearsal`;
    try {
      const { seconds } = await copied(
        change,
        image,
        volume,
        original(containers, stack),
        partOf(containers, "app"),
      );
      return {
        value: seconds,
        note: `all data copied and checked in ${formatDuration(seconds)}`,
        worked: true,
      };
    } finally {
      await docker.try(dockerCommand.removeVolumes([volume]));
    }
  });
}

/**
 * Stops writes, and copies the data to the volume of the new version. From then on the program
 * deploys that version, as long as the original takes no writes.
 */
export async function copyForGood(session: Session, change: VersionChange, image: string): Promise<void> {
  const { docker, stack, from, to } = change;
  await session.steps.run("Copy", async () => {
    const containers = await docker.containersOf(stack);
    const postgres = original(containers, stack);
    await freeze(docker, postgres.id, true);
    const volume = dataVolumeName(change, to);
    const { seconds, equal } = await copied(change, image, volume, postgres, partOf(containers, "app"));
    if (!equal) throw new CommandError("The copy has other rows than the original.", exitCode.failed);
    await recordVersion(change, { from, to, way: "copy", at: new Date().toISOString() });
    return { value: undefined, note: `every row, in ${formatDuration(seconds)}`, worked: true };
  });
}

/** Records on the engine which version's data files are the stack's from now on. */
export async function recordVersion(
  { docker, project, stack }: VersionChange,
  record: VersionRecord,
): Promise<void> {
  const name = `${project}-${stack}-version-${record.at.replaceAll(/[-:.]/g, "")}`;
  const labels = { "berth.project": project, "berth.stack": stack, "berth.part": "data-version" };
  await docker.run(dockerCommand.createVolume(name, { ...labels, [versionLabel]: JSON.stringify(record) }));
}

function original(containers: readonly Container[], stack: string): Container {
  const found = partOf(containers, "postgres");
  if (found !== undefined) return found;
  throw new CommandError(
    `Stack ${stack} has no running Postgres. Start it: npx berth up --stack ${stack}`,
    exitCode.failed,
  );
}

/** Whether a volume with data files of a version is there. */
export async function hasVolume(
  { docker, ...owner }: VersionChange,
  version: PostgresVersion,
): Promise<boolean> {
  return (await docker.try(dockerCommand.inspect("volume", [dataVolumeName(owner, version)]))).code === 0;
}
