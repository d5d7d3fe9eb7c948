import { randomUUID } from "node:crypto";
import { migrationSecretsPart } from "../../infra/facts/app-environment.ts";
import type { Container } from "../../system/container.ts";
import type { Docker } from "../../system/docker.ts";
import { migrationRun } from "./migration-run.ts";

/**
 * Makes the container of {@link migrationRun} beside one of the application's, with the login that
 * owns the schema.
 * @returns its id; it is still to be started, and is gone once it has ended
 */
export async function migrationContainer(
  docker: Docker,
  owner: { readonly project: string; readonly stack: string },
  app: Pick<Container, "id">,
  command: readonly string[],
): Promise<string> {
  const [volume] = await docker.volumesOf(owner.stack, migrationSecretsPart);
  const run = migrationRun(
    await docker.run(["container", "inspect", app.id]),
    owner,
    `berth-${owner.stack}-migrate-${randomUUID().slice(0, 8)}`,
    command,
    volume === undefined ? undefined : { volume },
  );
  const id = (await docker.run(run.create)).trim();
  for (const network of run.networks) await docker.run(["network", "connect", network, id]);
  return id;
}
