import { databaseName } from "../../infra/facts/stack-names.ts";
import { ownerRole, rowsRole } from "../../infra/facts/database-logins.ts";
import { rowsSql } from "../../infra/rendering/role-sql.ts";
import { sql } from "../../releases/read-data-files.ts";
import type { Docker } from "../../system/docker.ts";
import { failure, takePadding } from "./between-engines.ts";
import type { OldDatabase, OldFacts } from "./old-database.ts";
import { rowHashes } from "./row-hashes.ts";

/** The database that a copy is made in, and the one that the application's is kept as. */
export const databases = { copy: `${databaseName}_moving`, before: `${databaseName}_before` } as const;

/** Comment on a database whose move is not finished. */
const underWay = "berth: its move is under way";

const psql = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", "postgres"];

/**
 * Makes the empty copy: owner, rights and settings are those of the application's database, and
 * settings of the old one come after them.
 */
function createSql({ encoding, extensions, settings }: OldFacts): string {
  const { copy } = databases;
  const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;
  const own = settings.map((line) => {
    const at = line.indexOf("=");
    return `alter database ${copy} set ${line.slice(0, at)} = ${literal(line.slice(at + 1))};`;
  });
  return [
    `drop database if exists ${copy} with (force);`,
    `create database ${copy} owner ${ownerRole} template template0 encoding ${literal(encoding)};`,
    `comment on database ${copy} is ${literal(underWay)};`,
    `revoke all on database ${copy} from public;`,
    `select format('grant %s on database ${copy} to %I', privilege_type, grantee::regrole) from pg_database, aclexplode(datacl) where datname = '${databaseName}' and grantee <> 0 and grantee <> datdba \\gexec`,
    `select format('alter role %s in database ${copy} set %I = %L', setrole::regrole, split_part(line, '=', 1), substr(line, strpos(line, '=') + 1)) from pg_db_role_setting s join pg_database d on d.oid = setdatabase, unnest(setconfig) line where datname = '${databaseName}' and setrole <> 0 \\gexec`,
    ...own,
    `\\connect ${copy}`,
    `alter schema public owner to ${ownerRole};`,
    "revoke create on schema public from public;",
    ...extensions.map((name) => `create extension if not exists "${name}" cascade;`),
    "",
  ].join("\n");
}

/** Reads what `pg_dump` wrote; extensions are there, and are their maker's. */
const schemaScript = `set -eu
{ echo 'set role ${ownerRole};'; pg_restore --file=- --no-owner --no-privileges | sed -E '/^(COMMENT ON|CREATE) EXTENSION /d; s/^CREATE SCHEMA public;$//'; ${takePadding}; } | ${psql.join(" ")} -d ${databases.copy} >/dev/null`;
const rowsCommand = [
  ...["sh", "-c", `"$@" && ${takePadding}`, "sh"],
  ...["pg_restore", "--username", "postgres", "--dbname", databases.copy, `--role=${ownerRole}`],
  ...["--no-owner", "--no-privileges", "--exit-on-error"],
];

/** The database of a stack, whose data is replaced as a whole. */
export class NewDatabase {
  readonly #docker: Docker;
  readonly #container: string;

  /** @param container id of the stack's Postgres */
  constructor(docker: Docker, container: string) {
    this.#docker = docker;
    this.#container = container;
  }

  /** Major version. */
  async version(): Promise<number> {
    return Math.floor(Number(await this.#ask("show server_version_num")) / 10_000);
  }

  /** Hashes of all rows that the application has now, or of a copy's. */
  async hashes(database: string = databaseName): Promise<string> {
    return (await sql(this.#docker, this.#container, rowHashes, database)).trim();
  }

  /** Makes a copy of a moment beside the application's database. */
  async copy(from: OldDatabase, facts: OldFacts, snapshot: string): Promise<void> {
    const { code, stderr } = await this.#docker.try(
      ["exec", "--interactive", this.#container, ...psql, "-d", "postgres"],
      { input: createSql(facts) },
    );
    if (code !== 0) throw failure("The database could not be made", stderr);
    await this.#restore(from, snapshot, ["pre-data"], ["bash", "-o", "pipefail", "-c", schemaScript]);
    await this.#restore(from, snapshot, ["data", "post-data"], rowsCommand);
    const rights = rowsSql({ owner: ownerRole, rows: rowsRole });
    const opened = ["exec", "--interactive", this.#container, ...psql, "-d", databases.copy];
    await this.#docker.run(opened, { input: rights });
    await this.#docker.run([
      ...["exec", this.#container, "vacuumdb", "-U", "postgres", "--analyze-only", "--quiet", databases.copy],
    ]);
  }

  /** Has the copy take the place of the application's database, which is kept. */
  async swapIn(): Promise<void> {
    await this.#rename([databaseName, databases.before], [databases.copy, databaseName]);
  }

  /** Has the kept one take its place again; the copy is deleted. */
  async swapOut(): Promise<void> {
    await this.#rename([databaseName, databases.copy], [databases.before, databaseName]);
    await this.dropCopy();
  }

  /** From now on, the application's rows are in it. */
  async finish(): Promise<void> {
    await this.#ask(`comment on database ${databaseName} is null`);
  }

  async dropCopy(): Promise<void> {
    await this.#ask(`drop database if exists ${databases.copy} with (force)`);
  }

  /** Whether a move that was interrupted has left its copy in the database's place. */
  async isUnderWay(): Promise<boolean> {
    const comment = `select shobj_description(oid, 'pg_database') = '${underWay}' from pg_database where datname = '${databaseName}'`;
    return (await this.has(databases.before)) && (await this.#ask(comment)) === "t";
  }

  async has(database: string): Promise<boolean> {
    return (await this.#ask(`select 1 from pg_database where datname = '${database}'`)) === "1";
  }

  /** Both at once, or none; sessions end before. */
  async #rename(...pairs: readonly (readonly [from: string, to: string])[]): Promise<void> {
    const names = pairs.map(([from]) => `'${from}'`).join(", ");
    const end = `select count(pg_terminate_backend(pid, 10000)) from pg_stat_activity where datname in (${names})`;
    const rename = pairs.map(([from, to]) => `alter database ${from} rename to ${to};`).join(" ");
    for (let tries = 1; ; tries += 1) {
      await this.#ask(end);
      try {
        await this.#ask(`begin; ${rename} commit`);
        return;
      } catch (error) {
        // Somebody was quicker, such as the program that makes backups.
        if (tries === 5) throw error;
      }
    }
  }

  async #ask(text: string): Promise<string> {
    return (await sql(this.#docker, this.#container, text)).trim();
  }

  async #restore(
    from: OldDatabase,
    snapshot: string,
    sections: readonly ("pre-data" | "data" | "post-data")[],
    command: readonly string[],
  ): Promise<void> {
    const target = ["exec", "--interactive", this.#container, ...command];
    await from.pour(snapshot, sections, this.#docker, target);
  }
}
