import { z } from "zod";
import { processesOf, type AppConfig } from "./app.ts";
import { hostPort, wholeNumber, type Fix, type Values } from "./field.ts";
import { upgradeField } from "./release.ts";

/** Settings of Postgres. */
export const databaseFields = {
  postgresVersion: z
    .enum(["15", "16", "17", "18"], "15, 16, 17 or 18")
    .default("17")
    .describe(
      "Major version of PostgreSQL. `npx berth upgrade postgres --to` changes it with the data; any other change is refused once there is data.",
    ),
  databaseMaxConnections: wholeNumber(20, 5_000).default(100).describe("Postgres's max_connections."),
  databasePoolMax: wholeNumber(2, 100)
    .default(5)
    .describe("Connections in the pool of each application process."),
  migrationTimeout: wholeNumber(0, 604_800, "s")
    .default(900)
    .describe("Seconds that one statement of a migration may take; 0 never ends one."),
  databaseRights: z
    .enum(["rows", "owner"], "rows or owner")
    .default("rows")
    .describe(
      "What requests and jobs may do in the database: `rows` reads and changes rows, but neither the schema nor the audit log; `owner` may do everything, for an application that makes tables while it runs. Applications with a layer of berth always have `owner`.",
    ),
  databaseMemory: wholeNumber(128, 1_048_576, "MiB")
    .default(512)
    .describe("Memory limit of the Postgres container, MiB."),
  databaseUpgrade: upgradeField("Postgres"),
};

/** Settings of development tools' way to Postgres. */
export const databaseToolFields = {
  adminerPort: hostPort.default(8080).describe("Port of Adminer on 127.0.0.1."),
  databasePort: hostPort.default(5433).describe("Port of Postgres on 127.0.0.1."),
};

/**
 * The Postgres container, and in development Adminer; each port is absent if nothing is published.
 */
export type DatabaseConfig = Values<typeof databaseFields> & Partial<Values<typeof databaseToolFields>>;

/** Connections kept free for superusers, migrations, backups and people with psql. */
const reserve = 15;

/** During a release old and new replicas are connected at the same time. */
const generations = 2;

/** The settings that decide how many connections there are. */
interface Connected {
  readonly app: AppConfig;
  readonly database: DatabaseConfig;
}

/** Connections that the application may open at most while one release replaces another. */
export function connectionsNeeded({ app, database }: Connected): number {
  return processesOf(app) * database.databasePoolMax * generations + reserve;
}

/** Says when the application's pools could exhaust Postgres's connections. */
export function connectionProblems(config: Connected, fix: Fix): string[] {
  const { databaseMaxConnections, databasePoolMax } = config.database;
  const needed = connectionsNeeded(config);
  if (needed <= databaseMaxConnections) return [];
  return [
    `databaseMaxConnections: ${needed} connections are needed (${processesOf(config.app)} processes × ${databasePoolMax} × ${generations} during a release + ${reserve} in reserve), ` +
      `and it is ${databaseMaxConnections}. Fix: ${fix(`set databaseMaxConnections ${needed}`)}, or lower databasePoolMax`,
  ];
}

/**
 * Says when the application's pools could exhaust the Postgres that runs, whose setting of before
 * holds until it is restarted.
 * @param present its max_connections; undefined if it is not known
 */
export function missingConnections(
  config: Connected & { readonly stack: string },
  present: string | undefined,
): string | undefined {
  const needed = connectionsNeeded(config);
  if (!(needed > Number(present ?? Number.NaN))) return undefined;
  return (
    `databaseMaxConnections: ${needed} connections are needed, and Postgres runs with ${present} until it is restarted. ` +
    `Nothing was changed. Fix: npx berth upgrade postgres --stack ${config.stack}`
  );
}
