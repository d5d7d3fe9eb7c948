import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { Host } from "../policy/host.ts";
import { roleSql } from "../rendering/role-sql.ts";
import { databaseName } from "../facts/stack-names.ts";
import type { Database } from "./database.ts";
import type { Rotation } from "../rendering/key-ring-file.ts";
import { rotation, turnOf } from "../resources/rotation.ts";

export interface DatabaseRolesArgs {
  host: Host;
  database: Database;
  /** The application's password is rotated whenever this text changes. */
  rotation: string;
}

/** The role that owns the application's objects; it has no login. */
const owner = "app_owner";

/**
 * Roles that the application logs in as, in turns: one is in use, the other waits for the next
 * rotation.
 */
const logins = ["app_a", "app_b"] as const;

/**
 * The roles of the application's database. `up` sets them as declared over the server's own socket,
 * so that a data volume from before, with other passwords, works again. A rotation gives the
 * waiting role a new password and has the next release log in as it; the role before stays as it is
 * until `RetiredCredentials` closes it.
 */
export class DatabaseRoles extends pulumi.ComponentResource {
  /** Role that the application logs in as, and its password. */
  readonly user: pulumi.Output<string>;
  readonly password: pulumi.Output<string>;
  /** Role that nothing of this release uses. */
  readonly waiting: pulumi.Output<string>;
  /** Known once the roles are in force. */
  readonly ready: pulumi.Resource;

  constructor(name: string, args: DatabaseRolesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:DatabaseRoles", name, {}, opts);
    const rotated = rotation(name, args.rotation, this);
    const passwords = logins.map((login, holder) => this.#password(`${name}-${login}`, holder, rotated));
    const current = rotated.apply(({ generation }) => generation % logins.length);
    this.user = current.apply((holder) => logins[holder] ?? logins[0]);
    this.waiting = current.apply((holder) => logins[1 - holder] ?? logins[1]);
    this.password = pulumi.secret(
      pulumi.all([current, pulumi.all(passwords)]).apply(([holder, all]) => all[holder] ?? ""),
    );
    const { container, superuserPassword } = args.database;
    const sql = pulumi
      .all([superuserPassword, this.user, this.password])
      .apply(([superuser, user, password]) =>
        roleSql(databaseName, owner, superuser, [{ name: user, password }]),
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

  #password(name: string, holder: number, rotated: pulumi.Output<Rotation>): pulumi.Output<string> {
    const turn = rotated.apply(({ generation }) =>
      String(turnOf(holder, logins.length, generation) ?? "unused"),
    );
    return new random.RandomPassword(
      name,
      { length: 40, special: false, keepers: { generation: turn } },
      { parent: this },
    ).result;
  }
}
