import { migrationEnvironment, migrationSecretsPart } from "../../infra/facts/app-environment.ts";
import { migrationLogin, newestSet } from "../../infra/facts/database-logins.ts";
import { containerLike, type ContainerLike } from "./container-like.ts";

/** The login that owns the schema. */
export interface MigrationLogin {
  /** Volume with its password. */
  readonly volume: string;
}

/**
 * A container that sees what the application sees and runs one command.
 * @param inspection what `docker container inspect` prints for one application container
 * @param name name of the new container
 * @param command its words
 * @param login undefined where the application's own login owns the schema, as in stacks that an
 * earlier version deployed
 */
export function migrationRun(
  inspection: string,
  { project, stack }: { readonly project: string; readonly stack: string },
  name: string,
  command: readonly string[],
  login: MigrationLogin | undefined,
): ContainerLike {
  const secrets = `/run/secrets/${migrationSecretsPart}`;
  return containerLike(inspection, {
    name,
    labels: { "berth.project": project, "berth.stack": stack, "berth.part": "migration" },
    command,
    ...(login !== undefined && {
      env: migrationEnvironment(migrationLogin, `${secrets}/${newestSet}`),
      mounts: { [secrets]: `type=volume,source=${login.volume},target=${secrets},readonly` },
    }),
  });
}
