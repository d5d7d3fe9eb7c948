import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { Host } from "../policy/host.ts";
import { roleSql } from "../rendering/role-sql.ts";
import {
  logins,
  migrationLogin,
  ownerRole,
  rowsRole,
  type DatabaseRights,
} from "../facts/database-logins.ts";
import { databaseName } from "../facts/stack-names.ts";
import type { Database } from "./database.ts";
import type { Rotation } from "../rendering/key-ring-file.ts";
import { rotation, turnOf } from "../resources/rotation.ts";

export interface DatabaseRolesArgs {
  host: Host;
  database: Database;
  /** The application's password is rotated whenever this text changes. */
  rotation: string;
  /** What the application may do. */
  rights: DatabaseRights;
}

/** A login of this release, and its password. */
export interface Login {
  readonly user: pulumi.Output<string>;
  readonly password: pulumi.Output<string>;
}

const roleNames = { database: databaseName, owner: ownerRole, rows: rowsRole };

/**
 * The roles of the application's database. `up` sets them as declared over the server's own socket,
 * so that a data volume from before, with other passwords, works again. A rotation, and a change of
 * `rights`, has the next release log in as another role; the role before stays as it is until
 * `RetiredCredentials` closes it. Migrations have a login of their own.
 */
export class DatabaseRoles extends pulumi.ComponentResource {
  /** What the application logs in as. */
  readonly app: Login;
  /** What migrations log in as. */
  readonly migration: Login;
  /** Logins that nothing of this release uses. */
  readonly waiting: pulumi.Output<string[]>;
  /** Known once the roles are in force. */
  readonly ready: pulumi.Resource;

  constructor(name: string, args: DatabaseRolesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:DatabaseRoles", name, {}, opts);
    const rotated = rotation(name, args.rotation, this);
    const own = logins[args.rights];
    const passwords = Object.fromEntries(
      Object.values(logins).flatMap((pair) =>
        pair.map((login, holder) => [login, this.#password(`${name}-${login}`, holder, rotated)] as const),
      ),
    );
    const user = rotated.apply(({ generation }) => own[generation % own.length] ?? own[0]);
    this.app = {
      user,
      password: pulumi.secret(pulumi.all([user, passwords]).apply(([login, all]) => all[login] ?? "")),
    };
    this.migration = {
      user: pulumi.output(migrationLogin),
      password: pulumi.secret(this.#password(`${name}-${migrationLogin}`, 0, rotated, 1)),
    };
    this.waiting = user.apply((login) =>
      Object.values(logins)
        .flat()
        .filter((other) => other !== login),
    );
    const { container, superuserPassword } = args.database;
    const sql = pulumi
      .all([superuserPassword, this.app, this.migration])
      .apply(([superuser, app, migration]) =>
        roleSql(roleNames, superuser, [
          { name: app.user, password: app.password, as: args.rights },
          { name: migration.user, password: migration.password, as: "owner" },
        ]),
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
    this.registerOutputs({ user });
  }

  #password(
    name: string,
    holder: number,
    rotated: pulumi.Output<Rotation>,
    holders: number = logins.rows.length,
  ): pulumi.Output<string> {
    const turn = rotated.apply(({ generation }) => String(turnOf(holder, holders, generation) ?? "unused"));
    return new random.RandomPassword(
      name,
      { length: 40, special: false, keepers: { generation: turn } },
      { parent: this },
    ).result;
  }
}
