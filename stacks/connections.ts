import type { StackShape } from "./shape.ts";

/** Connections kept free for superusers, migrations, backups and people with psql. */
const reserve = 15;

/** During a release old and new replicas are connected at the same time. */
const generations = 2;

/** Connections that the application may open at most while one release replaces another. */
export function connectionsNeeded(shape: StackShape): number {
  return shape.app.replicas * shape.app.workers * shape.database.poolMax * generations + reserve;
}

/** Says when the application's pools could exhaust Postgres's connections. */
export function connectionProblems(shape: StackShape): string[] {
  const needed = connectionsNeeded(shape);
  if (needed <= shape.database.maxConnections) return [];
  const { replicas, workers } = shape.app;
  return [
    `databaseMaxConnections: ${needed} connections are needed (${replicas} replicas × ${workers} workers × ${shape.database.poolMax} × ${generations} during a release + ${reserve} in reserve), ` +
      `and it is ${shape.database.maxConnections}. Fix: pulumi config set databaseMaxConnections ${needed} --stack ${shape.stack}, or lower databasePoolMax`,
  ];
}
