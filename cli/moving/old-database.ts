import { createInterface } from "node:readline";
import type { Duplex } from "node:stream";
import type { Docker } from "../../system/docker.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { converse } from "../../system/run.ts";
import { padding, pourBetween } from "./between-engines.ts";
import type { OldContainer } from "./old-setup.ts";
import { rowHashes } from "./row-hashes.ts";

/** What the new database has to have before rows come. */
export interface OldFacts {
  /** Major version. */
  readonly version: number;
  readonly encoding: string;
  readonly extensions: readonly string[];
  /** `name=value`, set for the database itself. */
  readonly settings: readonly string[];
}

/** One moment of the old database, however long it is looked at. */
export interface Snapshot {
  /** As `pg_dump --snapshot` takes it. */
  readonly id: string;
  /** Hashes of all rows at that moment. */
  hashes(): Promise<string>;
}

/** Ends what a query prints, because psql says nothing of its own at its end. */
const end = "-- berth: end of the answer";

/** The database of an application that docker compose runs, read through its container. */
export class OldDatabase {
  readonly name: string;
  readonly #docker: Docker;
  readonly #container: OldContainer;
  readonly #user: string;

  constructor(docker: Docker, container: OldContainer) {
    this.#docker = docker;
    this.#container = container;
    // As the official image understands them. https://hub.docker.com/_/postgres
    this.#user = container.env.get("POSTGRES_USER") ?? "postgres";
    this.name = container.env.get("POSTGRES_DB") ?? this.#user;
  }

  async facts(): Promise<OldFacts> {
    const said = await this.#ask(
      "select json_build_object('version', current_setting('server_version_num')::int / 10000, 'encoding', pg_encoding_to_char(encoding), " +
        "'extensions', (select coalesce(json_agg(extname), '[]') from pg_extension where extname <> 'plpgsql'), " +
        "'settings', (select coalesce(json_agg(line), '[]') from pg_db_role_setting, unnest(setconfig) line where setdatabase = d.oid and setrole = 0)) " +
        "from pg_database d where datname = current_database()",
    );
    return JSON.parse(said) as OldFacts;
  }

  /** Who else is connected, as `address application`. */
  async others(): Promise<string[]> {
    const said = await this.#ask(
      "select coalesce(host(client_addr), 'socket') || ' ' || application_name from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'",
    );
    return said.split("\n").filter((line) => line !== "");
  }

  /** Holds one moment of the data while `work` copies it and asks for its hashes. */
  async at<T>(work: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    const psql = this.#docker.invocation(this.#inContainer(["psql", ...this.#quiet], "--interactive"));
    const session = await converse(psql, { env: this.#docker.env });
    const answers = answersIn(session.stream);
    const ended = session.ended.then(({ stderr }): never => {
      throw new CommandError(
        `${this.#container.name} does not answer: ${stderr.trim() || "psql ended"}`,
        exitCode.failed,
      );
    });
    // It ends in the end as well, when nobody asks any more.
    ended.catch(() => undefined);
    const answer = (sql: string) => {
      session.stream.write(`${sql};\n\\echo ${end}\n`);
      return Promise.race([answers.next(), ended]);
    };
    try {
      const id = await answer("begin isolation level repeatable read read only; select pg_export_snapshot()");
      return await work({ id, hashes: () => answer(rowHashes) });
    } finally {
      session.stream.end();
      await session.ended;
    }
  }

  /** Hands a part of a moment's data to a `pg_restore` on another engine. */
  async pour(
    snapshot: string,
    sections: readonly ("pre-data" | "data" | "post-data")[],
    target: Docker,
    command: readonly string[],
  ): Promise<void> {
    const dump = this.#inContainer([
      ...["sh", "-c", `"$@" && ${padding}`, "sh", "pg_dump"],
      ...["--username", this.#user, "--format=custom", "--compress=0", "--no-owner"],
      ...["--no-privileges", "--no-publications", "--no-subscriptions", `--snapshot=${snapshot}`],
      ...sections.map((section) => `--section=${section}`),
      this.name,
    ]);
    await pourBetween("The data", [this.#docker, dump], [target, command]);
  }

  get #quiet(): string[] {
    return ["-XAtq", "-v", "ON_ERROR_STOP=1", "-U", this.#user, "-d", this.name];
  }

  async #ask(sql: string): Promise<string> {
    return (await this.#docker.run(this.#inContainer(["psql", ...this.#quiet, "-c", sql]))).trim();
  }

  /** Its own password, should its socket ask for one: it never leaves the container. */
  #inContainer(command: readonly string[], ...flags: readonly string[]): string[] {
    const password =
      'export PGPASSWORD; if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then PGPASSWORD=$(cat "$POSTGRES_PASSWORD_FILE"); else PGPASSWORD=${POSTGRES_PASSWORD:-}; fi; exec "$@"';
    return ["exec", ...flags, this.#container.id, "sh", "-c", password, "sh", ...command];
  }
}

/** Answers in the order of their questions, each without its end. */
function answersIn(stream: Duplex): { next(): Promise<string> } {
  let said: string[] = [];
  const waiting: ((answer: string) => void)[] = [];
  createInterface({ input: stream }).on("line", (line) => {
    if (line !== end) said.push(line);
    else {
      waiting.shift()?.(said.join("\n"));
      said = [];
    }
  });
  return { next: () => new Promise((resolve) => waiting.push(resolve)) };
}
