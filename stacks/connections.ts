import type { StackShape } from "./shape.ts";

/** Connections kept free for superusers, migrations, backups and people with psql. */
const reserve = 15;

/** During a release old and new replicas are connected at the same time. */
const generations = 2;

/** Processes of one release that have a pool. */
function processes({ app }: StackShape): number {
  return app.replicas * app.workers + (app.worker ? 1 : 0);
}

/** Connections that the application may open at most while one release replaces another. */
export function connectionsNeeded(shape: StackShape): number {
  return processes(shape) * shape.database.poolMax * generations + reserve;
}

/** Says when the application's pools could exhaust Postgres's connections. */
export function connectionProblems(shape: StackShape): string[] {
  const needed = connectionsNeeded(shape);
  if (needed <= shape.database.maxConnections) return [];
  return [
    `databaseMaxConnections: ${needed} connections are needed (${processes(shape)} processes × ${shape.database.poolMax} × ${generations} during a release + ${reserve} in reserve), ` +
      `and it is ${shape.database.maxConnections}. Fix: pulumi config set databaseMaxConnections ${needed} --stack ${shape.stack}, or lower databasePoolMax`,
  ];
}
