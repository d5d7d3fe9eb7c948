import { quote } from "shlex";
import { BackupContainer } from "../../cli/running/backup-container.ts";
import {
  RestoreWork,
  type Copies,
  type Fetched,
  type Moment,
  type Restored,
} from "../../cli/running/restore-work.ts";
import { parseBackups, type BackupReport } from "../../cli/status/backup-report.ts";
import { databaseHost, databaseName } from "../../infra/facts/stack-names.ts";
import { dataPlace } from "../../infra/policy/database-definition.ts";
import { backupAccess, backupRoleSql } from "../../infra/rendering/backup-role-sql.ts";
import { backupSettings } from "../../infra/rendering/backup-settings.ts";
import { Docker } from "../../system/docker.ts";
import {
  backupsPassword,
  standConfig,
  standSecrets,
  type BackupStandOptions,
} from "./backup-stand-settings.ts";
import { baseImage } from "./base-image.ts";
import { derivedImage } from "./derived-image.ts";
import { docker } from "./docker.ts";
import { eventually } from "./eventually.ts";
import { ScratchContainers } from "./scratch-containers.ts";

/** Pulumi project of the stands, in labels. */
export const standProject = "berth-backup-stand";
const secretsFolder = "/run/secrets/backup";
const { target: dataMount, folder: pgdata } = dataPlace("17");
const mediaFolder = "/var/lib/app/media";

/**
 * Postgres and the container that makes its backups, run as a prod stack runs them, without the
 * rest of one. The commands' own code restores and swaps.
 */
export class BackupStand {
  readonly scratch = new ScratchContainers();
  /** Name of the stack, in labels. */
  readonly stack: string;
  readonly #docker = new Docker(process.env, undefined, standProject);
  #names: Readonly<Record<"internal" | "outer" | "data" | "media" | "backups" | "scratch", string>> = {
    ...{ internal: "", outer: "", data: "", media: "", backups: "", scratch: "" },
  };
  #images = { postgres: "", backup: "" };
  #options: BackupStandOptions = { settings: {} };
  postgres = "";
  backup = "";

  /** @param stack name of the stack; of another host's if that one is to be had back */
  constructor(stack?: string) {
    this.stack = stack ?? this.scratch.id;
  }

  /**
   * Starts Postgres with an empty database; {@link keep} starts the backups.
   * @param volume options of the volume of backups
   * @param data options of Postgres' volume
   * @param run more options of `docker run` for Postgres
   */
  async prepare(
    volume: readonly string[] = [],
    data: readonly string[] = [],
    run: readonly string[] = [],
  ): Promise<void> {
    const postgres = await baseImage("postgres");
    this.#images = { postgres, backup: await derivedImage("backup", postgres) };
    const owned = (owner: number) => this.scratch.volume(postgres, `chown ${owner}:${owner} .`);
    this.#names = {
      internal: await this.scratch.network("--internal"),
      outer: await this.scratch.network(),
      data: await this.scratch.volume(postgres, "chown 999:999 .", data),
      media: await owned(1000),
      backups: await this.scratch.volume(postgres, "chown 999:999 .", volume),
      scratch: await owned(999),
    };
    this.postgres = await this.scratch.start(postgres, [
      ...this.#labels("postgres"),
      ...["--network", this.#names.internal, "--network-alias", databaseHost, "--user", "999:999"],
      ...["--stop-signal", "SIGINT", "--env", `PGDATA=${pgdata}`, "--env", `POSTGRES_DB=${databaseName}`],
      ...["--env", "POSTGRES_PASSWORD=superuser", "--env", "POSTGRES_INITDB_ARGS=--data-checksums"],
      ...["--volume", `${this.#names.data}:${dataMount}`, "--volume", `${this.#names.media}:${mediaFolder}`],
      ...run,
    ]);
    await this.answers();
    await this.sql("create table media (name text primary key, bytes bigint not null)");
  }

  /** Network with a way out, where repositories are. */
  get outer(): string {
    return this.#names.outer;
  }

  /** Network of Postgres, without a way out. */
  get internal(): string {
    return this.#names.internal;
  }

  /** Volume at /var/lib/berth/backups. */
  get backupsVolume(): string {
    return this.#names.backups;
  }

  /** Volume of Postgres' data. */
  get dataVolume(): string {
    return this.#names.data;
  }

  get image(): string {
    return this.#images.backup;
  }

  /** Waits until Postgres answers over TCP. */
  async answers(): Promise<void> {
    await eventually(() => docker(["exec", this.postgres, "pg_isready", "-q", "-h", "127.0.0.1"]), 120_000);
  }

  /** Starts the container of backups, or replaces it, with settings. */
  async keep(options: BackupStandOptions): Promise<void> {
    this.#options = options;
    const config = standConfig(options);
    const files = standSecrets(config, options);
    const write = Object.entries(files).flatMap(([name, text]) =>
      text === undefined ? [] : [`printf %s ${quote(text)} >${name}`],
    );
    const secrets = await this.scratch.volume(
      this.#images.postgres,
      [...write, "chown 999:999 *", "chmod 0400 *"].join("\n"),
    );
    await this.letIn(config.backupWalLimit);
    if (this.backup !== "") await docker(["rm", "--force", this.backup]);
    const settings = backupSettings(config, {
      ...{
        project: standProject,
        stack: this.stack,
        databaseHost,
        database: databaseName,
        pgdata,
        uploads: true,
        uploadsOwner: 1000,
      },
    });
    const { backups, data, internal, media, outer, scratch } = this.#names;
    this.backup = await this.scratch.start(this.#images.backup, [
      ...this.#labels("backup"),
      ...["--network", internal, "--read-only", "--tmpfs", "/tmp:rw,nosuid,nodev,size=64m"],
      ...[
        "--cap-drop",
        "ALL",
        "--security-opt",
        "no-new-privileges",
        "--memory",
        "512m",
        "--shm-size",
        "64m",
      ],
      ...["--env", `BACKUP_SETTINGS=${settings}`, "--env", `SECRETS=${secretsFolder}`],
      ...["--volume", `${backups}:/var/lib/berth/backups`, "--volume", `${scratch}:/var/lib/berth/scratch`],
      ...["--volume", `${data}:${dataMount}:ro`, "--volume", `${media}:/var/lib/berth/media:ro`],
      ...["--volume", `${secrets}:${secretsFolder}:ro`],
      ...(options.run ?? []),
    ]);
    await docker(["network", "connect", outer, this.backup]);
  }

  /** Gives the backups their role, as the program does when Postgres was replaced. */
  async letIn(walLimit: number): Promise<void> {
    const psql = "exec psql --quiet --no-psqlrc --username postgres --dbname postgres";
    const access = `grep -qxF '${backupAccess}' "$PGDATA/pg_hba.conf" || echo '${backupAccess}' >>"$PGDATA/pg_hba.conf"`;
    await docker(
      ["exec", "--interactive", this.postgres, "sh", "-c", `${access}; ${psql}`],
      backupRoleSql(backupsPassword, walLimit),
    );
  }

  /** What a query on the application's database prints. */
  async sql(text: string): Promise<string> {
    const psql = ["psql", "-XAtqU", "postgres", "-d", databaseName, "-v", "ON_ERROR_STOP=1", "-c", text];
    return docker(["exec", this.postgres, ...psql]);
  }

  /** Stores an upload, as the application does: a file that never changes, and its row. */
  async upload(name: string, text: string): Promise<void> {
    const file = `${mediaFolder}/${name}`;
    const write = `mkdir -p "$(dirname ${file})"; printf %s ${quote(text)} >${file}.part; mv ${file}.part ${file}`;
    await docker(["exec", "--user", "0", this.postgres, "sh", "-euc", write]);
    await this.sql(`insert into media values ('${name}', ${Buffer.byteLength(text)})`);
  }

  /** Waits until every repository has the uploads of now. */
  async uploadsKept(): Promise<void> {
    const now = await this.now();
    await eventually(async () => {
      const said = await docker(["exec", this.backup, "berth-backup", "status"]);
      const { uploads, repositories } = JSON.parse(said) as {
        repositories: { kind: string }[];
        uploads: { repositories: Record<string, { current?: number }> };
      };
      for (const { kind } of repositories)
        if ((uploads.repositories[kind]?.current ?? 0) < now) throw new Error(`${kind} has not kept them`);
    }, 240_000);
  }

  async removeUpload(name: string): Promise<void> {
    await docker(["exec", "--user", "0", this.postgres, "rm", `${mediaFolder}/${name}`]);
    await this.sql(`delete from media where name = '${name}'`);
  }

  /** Every row of some tables and every upload, as text. */
  async everything(tables: readonly string[]): Promise<string> {
    const rows = tables.map((table) => `select '${table}', t::text from ${table} t`).join(" union all ");
    const files = `cd ${mediaFolder} && find . -path './.*' -prune -o -type f -print | sort | xargs -r sha256sum`;
    return [
      await this.sql(`${rows} order by 1, 2`),
      await docker(["exec", "--user", "0", this.postgres, "sh", "-c", files]),
    ].join("\n");
  }

  /** What `pg_checksums` says of the data files of a Postgres that is stopped. */
  async checksums(): Promise<string> {
    const check = `pg_checksums --check --pgdata ${pgdata}`;
    const volume = ["--user", "999:999", "--volume", `${this.#names.data}:${dataMount}`];
    return this.scratch.script(this.#images.postgres, check, volume);
  }

  /** Ends a program in the container of backups by SIGKILL. */
  async killIn(program: string): Promise<void> {
    const find = `for one in /proc/[0-9]*; do case $(tr '\\0' ' ' <$one/cmdline) in *"bin/${program} "*) kill -9 \${one#/proc/}; exit 0;; esac; done; exit 1`;
    // One that was killed before comes back in a moment.
    await eventually(() => docker(["exec", this.backup, "sh", "-c", find]));
  }

  /** The present moment by Postgres' clock, in seconds of the epoch. */
  async now(): Promise<number> {
    return Number(await this.sql("select extract(epoch from clock_timestamp())"));
  }

  /** The program's report. */
  async report(): Promise<BackupReport> {
    const container = await BackupContainer.of(this.#docker, this.stack);
    return parseBackups(await container.status());
  }

  /** Waits for a report that passes a check. */
  async reported(check: (report: BackupReport) => void, limit = 600_000): Promise<BackupReport> {
    return eventually(async () => {
      const report = await this.report();
      check(report);
      return report;
    }, limit);
  }

  /** Has a job done, as `berth backups` does. */
  async work(...order: string[]): Promise<void> {
    const container = await BackupContainer.of(this.#docker, this.stack);
    await container.work(order, () => undefined);
  }

  /** Restores a moment beside the data, as `berth restore --to` does. */
  async restore(wanted: Moment | "latest"): Promise<Restored> {
    const work = await RestoreWork.of(this.#docker, this.stack);
    const now = await work.point(`berth_restore_${Math.floor(Date.now() / 1000)}`).catch(() => undefined);
    const latest = now ?? { at: Date.now() / 1000, latest: true as const };
    return work.prepare(wanted === "latest" ? latest : wanted, () => undefined);
  }

  /** Copies tables of the restored moment, as `berth restore --into` does. */
  async fetch(wanted: Fetched): Promise<Copies> {
    return (await RestoreWork.of(this.#docker, this.stack)).fetch(wanted);
  }

  async swap(from: "restored" | "before"): Promise<void> {
    await (await RestoreWork.of(this.#docker, this.stack)).swap(from);
    await this.answers();
    await this.letIn(standConfig(this.#options).backupWalLimit);
  }

  async drop(): Promise<void> {
    await (await RestoreWork.of(this.#docker, this.stack)).drop();
  }

  async remove(): Promise<void> {
    await this.scratch.remove();
  }

  #labels(part: string): string[] {
    return [`berth.project=${standProject}`, `berth.stack=${this.stack}`, `berth.part=${part}`].flatMap(
      (label) => ["--label", label],
    );
  }
}
