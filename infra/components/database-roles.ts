import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { Host } from "../host.ts";
import { roleSql } from "../rendering/role-sql.ts";
import { databaseName, type Database } from "./database.ts";

export interface DatabaseRolesArgs {
  host: Host;
  database: Database;
}

/** The role that owns the application's objects; nobody logs in as it. */
const owner = "app_owner";

/**
 * The roles of the application's database. `up` sets them as declared over the server's own socket, so that a data volume from
 * before, with other passwords, works again.
 */
export class DatabaseRoles extends pulumi.ComponentResource {
  /** Role that the application logs in as, and its password. */
  readonly user = "app_a";
  readonly password: pulumi.Output<string>;
  /** Known once the roles are in force. */
  readonly ready: pulumi.Resource;

  constructor(name: string, args: DatabaseRolesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:DatabaseRoles", name, {}, opts);
    this.password = new random.RandomPassword(
      `${name}-app-a`,
      { length: 40, special: false },
      { parent: this },
    ).result;
    const { container, superuserPassword } = args.database;
    const sql = pulumi
      .all([superuserPassword, this.password])
      .apply(([superuser, password]) =>
        roleSql(databaseName, owner, superuser, [{ name: this.user, password }]),
      );
    this.ready = new command.local.Command(
      `${name}-apply`,
      {
        create:
          'docker exec --interactive "$CONTAINER" psql --quiet --no-psqlrc --username postgres --dbname postgres',
        environment: { ...args.host.environment, CONTAINER: container.id },
        stdin: pulumi.secret(sql),
        triggers: [container.id],
        logging: "none",
      },
      {
        parent: this,
        dependsOn: args.database.ready,
        additionalSecretOutputs: ["stdin", "stdout", "stderr"],
      },
    );
    this.registerOutputs({ user: this.user });
  }
}
