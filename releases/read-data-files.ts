import { dockerCommand } from "../system/docker-commands.ts";
import type { Docker } from "../system/docker.ts";
import {
  parseVersions,
  versionLabel,
  versionOfVolume,
  type DataFiles,
  type KeptVersion,
} from "./data-version.ts";
import { z } from "zod";

interface Owner {
  readonly project: string;
  readonly stack: string;
}

/** Name of the application's database, which is what a copy freezes. */
const database = "app";

const mounted = z.tuple([z.object({ Mounts: z.array(z.object({ Name: z.string().optional() })) })]);

const linesOf = (text: string) => text.split("\n").filter((line) => line !== "");
const owned = ({ project, stack }: Owner) => [`label=berth.project=${project}`, `label=berth.stack=${stack}`];

/** Id of the Postgres that runs; undefined if none does. */
export async function runningPostgres(docker: Docker, owner: Owner): Promise<string | undefined> {
  const ids = await docker.run(
    dockerCommand.ids("container", [...owned(owner), "label=berth.part=postgres"]),
  );
  return linesOf(ids)[0];
}

/** Changes of the version, newest first, with the volumes that record them. */
export async function versionChanges(docker: Docker, owner: Owner): Promise<KeptVersion[]> {
  const names = linesOf(
    await docker.run(dockerCommand.ids("volume", [`label=${versionLabel}`, ...owned(owner)])),
  );
  return parseVersions(await docker.inspect("volume", names));
}

/** What is known of a stack's data files on its engine. */
export async function dataFiles(docker: Docker, owner: Owner): Promise<DataFiles> {
  const container = await runningPostgres(docker, owner);
  const ofStack = linesOf(
    await docker.run(dockerCommand.ids("volume", [`name=${owner.project}-${owner.stack}-`])),
  );
  const versions = (names: readonly string[]) => names.flatMap((name) => versionOfVolume(owner, name) ?? []);
  return {
    running: container === undefined ? undefined : versions(await volumesIn(docker, container))[0],
    frozen: container !== undefined && (await isFrozen(docker, container)),
    volumes: versions(ofStack),
    changes: await versionChanges(docker, owner),
  };
}

async function volumesIn(docker: Docker, container: string): Promise<string[]> {
  const [{ Mounts }] = mounted.parse(JSON.parse(await docker.inspect("container", [container])));
  return Mounts.flatMap(({ Name }) => Name ?? []);
}

const readOnly = "default_transaction_read_only";

async function isFrozen(docker: Docker, container: string): Promise<boolean> {
  const asked = `select 1 from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase where datname = '${database}' and setrole = 0 and '${readOnly}=on' = any (setconfig)`;
  return (await sql(docker, container, asked)).trim() === "1";
}

/**
 * Has the application's database take no more writes, or take them again. Sessions end with it: the
 * next ones know the setting.
 */
export async function freeze(docker: Docker, container: string, frozen: boolean): Promise<void> {
  await sql(
    docker,
    container,
    `alter database ${database} ${frozen ? `set ${readOnly} = on` : `reset ${readOnly}`}`,
  );
  await sql(
    docker,
    container,
    `select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = '${database}' and pid <> pg_backend_pid()`,
  );
}

/** What a query on the server prints, fields separated by `|`. */
export async function sql(docker: Docker, container: string, text: string, db = "postgres"): Promise<string> {
  return docker.run([
    "exec",
    container,
    "psql",
    "-XAtq",
    "-v",
    "ON_ERROR_STOP=1",
    "-U",
    "postgres",
    "-d",
    db,
    "-c",
    text,
  ]);
}
