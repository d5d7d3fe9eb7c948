import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import {
  databaseCheck,
  dataPlace,
  initdbOptions,
  postgresUser,
} from "../../infra/policy/database-definition.ts";
import type { PostgresVersion } from "../../releases/data-version.ts";
import { sql } from "../../releases/read-data-files.ts";
import type { Docker } from "../../system/docker.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { networkWithWay } from "../docker/container-networks.ts";
import { containerLike } from "../running/container-like.ts";

/**
 * Label `berth.part` of servers that data is copied to; the next command removes what is left of
 * one.
 */
export const copyPart = "upgrade";

const connected = z.object({ NetworkSettings: z.object({ Networks: z.record(z.string(), z.unknown()) }) });
const server = connected.extend({
  Config: z.object({ Env: z.array(z.string()) }),
  HostConfig: z.object({ Memory: z.number(), ShmSize: z.number() }),
  Mounts: z.array(z.object({ Name: z.string().optional(), Destination: z.string(), RW: z.boolean() })),
});

/** What a copy is made from and to. */
export interface CopyArgs {
  readonly project: string;
  readonly stack: string;
  /** Id of the running Postgres. */
  readonly original: string;
  readonly version: PostgresVersion;
  /** Image of that version, which is on the engine. */
  readonly image: string;
  /** Empty volume for the data files. */
  readonly volume: string;
}

/** Seconds until an empty server answers. */
const startSeconds = 120;

/** Seconds for the checkpoint at its stop. */
const stopSeconds = 90;

/**
 * Copies everything over the network, with the programs of the new version, as PostgreSQL advises:
 * roles, each database with its settings, its objects and rows. Indexes are built anew, so another
 * version of the C library changes no order.
 * https://www.postgresql.org/docs/18/upgrading.html#UPGRADING-VIA-PGDUMPALL
 */
const copyScript = `set -euo pipefail
export PGPASSWORD; PGPASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
from=(-h "$1" -U postgres)
to=(-X -q -U postgres -v ON_ERROR_STOP=1)
pg_dumpall "\${from[@]}" --globals-only | sed '/^CREATE ROLE postgres;$/d' | psql "\${to[@]}" -d postgres >/dev/null
psql -XAtq "\${from[@]}" -d postgres -c "select datname from pg_database where not datistemplate and datname <> 'postgres'" |
while read -r name; do
  pg_dump "\${from[@]}" --create --schema-only --exclude-schema='*' "$name" |
    sed '/default_transaction_read_only/d' | psql "\${to[@]}" -d postgres >/dev/null
  pg_dump "\${from[@]}" --format=custom --compress=0 "$name" | pg_restore -U postgres --exit-on-error -d "$name"
done
vacuumdb -U postgres --all --analyze-only --quiet`;

/** Rows of each table, a line each. */
const countRows = `select format('%I.%I', n.nspname, c.relname) || ' ' ||
  (xpath('/row/n/text()', query_to_xml(format('select count(*) as n from %I.%I', n.nspname, c.relname), false, true, '')))[1]::text
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and n.nspname <> 'information_schema' and n.nspname !~ '^pg_' order by 1`;

/** A server of another version beside the stack's own, out of the application's sight. */
export class CopyServer {
  readonly #docker: Docker;
  readonly #args: CopyArgs;
  readonly #name: string;

  constructor(docker: Docker, args: CopyArgs) {
    this.#docker = docker;
    this.#args = args;
    this.#name = `${args.project}-${args.stack}-upgrade-${randomUUID().slice(0, 8)}`;
  }

  /** Starts it on its empty volume. */
  async start(): Promise<void> {
    const { image, original, project, stack, version, volume } = this.#args;
    const [{ Config, HostConfig, Mounts, NetworkSettings }] = z
      .tuple([server])
      .parse(JSON.parse(await this.#docker.inspect("container", [original])));
    const secrets = Mounts.find(({ RW }) => !RW);
    const network = await networkWithWay(this.#docker, Object.keys(NetworkSettings.Networks), "none");
    const place = dataPlace(version);
    const user = `${postgresUser}:${postgresUser}`;
    const owned = { "berth.project": project, "berth.stack": stack, "berth.part": copyPart };
    await this.#docker.run([
      ...["run", "--detach", "--name", this.#name, "--network", network, "--user", user],
      ...["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
      ...["--tmpfs", `/run/postgresql:uid=${postgresUser},gid=${postgresUser}`],
      ...["--memory", String(HostConfig.Memory), "--shm-size", String(HostConfig.ShmSize)],
      ...Object.entries(owned).flatMap(([label, value]) => ["--label", `${label}=${value}`]),
      ...["--mount", `type=volume,source=${volume},target=${place.target}`],
      ...[
        "--mount",
        `type=volume,source=${secrets?.Name ?? ""},target=${secrets?.Destination ?? ""},readonly`,
      ],
      ...Config.Env.filter((line) => line.startsWith("POSTGRES_PASSWORD_FILE=")).flatMap((line) => [
        "--env",
        line,
      ]),
      ...["--env", `PGDATA=${place.folder}`, "--env", `POSTGRES_INITDB_ARGS=${initdbOptions}`],
      ...["--stop-signal", "SIGINT", image, "postgres", "-c", "max_wal_size=4GB"],
    ]);
    await this.#ready();
  }

  /** Copies all data of the stack's Postgres to it. */
  async copy(): Promise<void> {
    const host = this.#args.original.slice(0, 12);
    const script = ["exec", "--interactive", this.#name, "bash", "-s", host];
    const { code, stderr } = await this.#docker.try(script, { input: copyScript });
    if (code !== 0) throw this.#failure("The data could not be copied", stderr);
  }

  /** Rows of each table on both sides. */
  async rows(): Promise<{ readonly original: string; readonly copy: string }> {
    return {
      original: await sql(this.#docker, this.#args.original, countRows, "app"),
      copy: await sql(this.#docker, this.#name, countRows, "app"),
    };
  }

  /**
   * Lets the running release look at the copy: its migrations are there, and its role may log in.
   * @param app id of one of its containers
   * @param command the application's own that lists its migrations
   */
  async checkBy(app: string, command: readonly string[]): Promise<void> {
    const inspection = await this.#docker.inspect("container", [app]);
    const { project, stack } = this.#args;
    const [{ NetworkSettings }] = z.tuple([connected]).parse(JSON.parse(inspection));
    const network = await networkWithWay(this.#docker, Object.keys(NetworkSettings.Networks), "none");
    // As the application's own login, which only reads here.
    const [, ...run] = containerLike(inspection, {
      name: `${this.#name}-check`,
      labels: { "berth.project": project, "berth.stack": stack, "berth.part": "migration" },
      command,
      env: { DATABASE_HOST: this.#name },
      networks: [network],
    }).create;
    const { code, stdout, stderr } = await this.#docker.try(["run", ...run]);
    if (code !== 0) throw this.#failure("The application does not accept the copy", stdout + stderr);
  }

  /** Stops it in order, so that its data files are complete, and removes it. */
  async end(): Promise<void> {
    await this.#docker.try(["stop", "-t", String(stopSeconds), this.#name]);
    await this.#docker.try(["rm", "--force", "--volumes", this.#name]);
  }

  async #ready(): Promise<void> {
    const deadline = Date.now() + startSeconds * 1000;
    while ((await this.#docker.try(["exec", this.#name, ...databaseCheck])).code !== 0) {
      if (Date.now() > deadline) {
        const { stdout, stderr } = await this.#docker.try(["logs", "--tail", "20", this.#name]);
        throw this.#failure(`PostgreSQL ${this.#args.version} does not start`, stdout + stderr);
      }
      await sleep(300);
    }
  }

  #failure(what: string, why: string): CommandError {
    const lines = why.trim().split("\n").slice(-10).join("\n");
    return new CommandError(`${what}:\n${lines.replaceAll(/^/gm, "  | ")}`, exitCode.failed);
  }
}
