import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Words } from "../../declaration/command.ts";
import { dockerRun } from "../rendering/docker-run.ts";
import { migrationEnvironment } from "../facts/app-environment.ts";
import type { AppRuntime, MountedSecrets } from "../resources/app-runtime.ts";

export interface MigrationArgs extends AppRuntime {
  /** Identity of the database container: a new one is migrated again. */
  database: pulumi.Input<string>;
  /**
   * Login that owns the schema, and its password; containers that serve have neither. Unset if the
   * application's own login owns it.
   */
  user: pulumi.Input<string>;
  login: (MountedSecrets & { readonly directory: pulumi.Output<string> }) | undefined;
}

/** What a program has that acts as the owner of the schema. */
interface AsOwner {
  readonly volume: pulumi.Output<string>;
  readonly mountPoint: string;
  readonly environment: pulumi.Output<Record<string, string>>;
}

/**
 * Brings the schema up to the release, in a container of its own from the new image, before any new
 * replica starts; then the sample data, in stacks that have some. An image of the settings' is
 * refused where the schema has moved on from it.
 */
export class Migration extends pulumi.ComponentResource {
  /** Known once schema and data are there, and fit the image. */
  readonly done: pulumi.Resource[];

  constructor(name: string, args: MigrationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:Migration", name, {}, opts);
    const before = opts?.dependsOn ?? [];
    const { login } = args;
    const asOwner = login && {
      volume: login.volume,
      environment: pulumi
        .all([args.user, login.directory])
        .apply(([user, directory]) => migrationEnvironment(user, directory)),
      mountPoint: login.mountPoint,
    };
    const { app, release } = args.config;
    const { commands, migrate } = args.declaration;
    const migrated =
      migrate && this.#task(`${name}-up`, migrate.up, { ...args, asOwner }, before, this.#unlessOlder(args));
    const seed = app.sampleData ? commands.seed : undefined;
    const seeded = seed && this.#task(`${name}-sample-data`, seed, args, migrated ?? before);
    const done = seeded ?? migrated;
    this.done = [
      ...(done === undefined ? resourcesOf(before) : [done]),
      // A canary runs beside the image that the settings name, which is there already.
      ...(release.appImage === undefined || release.canary !== undefined ? [] : [this.#check(name, args)]),
    ];
    this.registerOutputs({ release: args.release });
  }

  /** Beside the migration: an image that the schema has moved on from has none to run. */
  #check(name: string, { host, identity, image }: MigrationArgs): pulumi.Resource {
    return new command.local.Command(
      `${name}-check`,
      {
        create: "node infra/commands/check-schema.ts",
        environment: { ...host.environment, PROJECT: identity.project, STACK: identity.stack, IMAGE: image },
        triggers: [image],
        logging: "stderr",
      },
      { parent: this },
    );
  }

  /**
   * An image of the settings' has nothing to migrate if it is an earlier release's. A native
   * application knows that by itself.
   */
  #unlessOlder({ config, declaration }: MigrationArgs): string {
    const pinned = config.release.appImage !== undefined && config.release.canary === undefined;
    return pinned && declaration.runtime === "layer" ? "node infra/commands/older-image.ts || " : "";
  }

  /** A program of the image that runs to its end, once a release. */
  #task(
    name: string,
    program: Words,
    args: MigrationArgs & { readonly asOwner?: AsOwner | undefined },
    dependsOn: NonNullable<pulumi.ResourceOptions["dependsOn"]>,
    unless = "",
  ): pulumi.Resource {
    const { identity, network, secrets, config, declaration } = args;
    return new command.local.Command(
      name,
      {
        create: pulumi
          .all([args.image, network.internal, secrets.volume, args.environment, args.asOwner])
          .apply(
            ([image, internal, volume, environment, asOwner]) =>
              unless +
              dockerRun({
                image,
                entrypoint: program[0] ?? "",
                command: program.slice(1),
                user: `${declaration.user}:${declaration.user}`,
                labels: { "berth.stack": identity.stack, "berth.part": "migration" },
                network: internal,
                volumes: [
                  { name: volume, target: secrets.mountPoint },
                  ...(asOwner === undefined ? [] : [{ name: asOwner.volume, target: asOwner.mountPoint }]),
                ],
                environment: {
                  ...environment,
                  ...asOwner?.environment,
                  MIGRATION_STATEMENT_TIMEOUT: String(config.database.migrationTimeout * 1000),
                },
                memory: config.app.appMemory,
              }),
          ),
        environment: {
          ...args.host.environment,
          PROJECT: identity.project,
          STACK: identity.stack,
          IMAGE: args.image,
        },
        triggers: [args.release, args.database],
        logging: "stdoutAndStderr",
      },
      { parent: this, dependsOn },
    );
  }
}

/** What a release without migrations waits for. */
function resourcesOf(dependsOn: NonNullable<pulumi.ResourceOptions["dependsOn"]>): pulumi.Resource[] {
  return (Array.isArray(dependsOn) ? dependsOn : [dependsOn]).filter((one) =>
    pulumi.Resource.isInstance(one),
  );
}
