import * as pulumi from "@pulumi/pulumi";
import type { Declaration } from "../../declaration/read-declaration.ts";
import type { StackConfig } from "../../stacks/stack-config.ts";
import { appEnvironment, releaseId } from "../facts/app-environment.ts";
import type { Host, Identity } from "../policy/host.ts";

/** Networks of a stack, by their names on the engine. */
export interface StackNetworks {
  /** Without a route out. */
  readonly internal: pulumi.Input<string>;
  readonly edge: pulumi.Input<string>;
}

/** Secret files as containers mount them. */
export interface MountedSecrets {
  /** Volume to mount, read-only, at `mountPoint`. */
  readonly volume: pulumi.Output<string>;
  readonly mountPoint: string;
}

/** What every container made from the application's image needs. */
export interface AppRuntime {
  host: Host;
  identity: Identity;
  config: StackConfig;
  /** What the application says of itself. */
  declaration: Declaration;
  network: StackNetworks;
  image: pulumi.Output<string>;
  release: pulumi.Output<string>;
  secrets: MountedSecrets;
  /** Volume with uploads; ready to be written. */
  media: pulumi.Output<string>;
  /** Environment, without secrets. */
  environment: pulumi.Output<Record<string, string>>;
}

/** What every release of the stack shares, whatever its image. */
export interface RuntimeParts {
  readonly network: StackNetworks;
  readonly secrets: MountedSecrets & {
    /** Folder of the present set in the volume. */
    readonly directory: pulumi.Output<string>;
  };
  /** Volume with uploads. */
  readonly media: pulumi.Output<string>;
  readonly databaseUser: pulumi.Output<string>;
}

/** An image with the stack's configuration: the application's containers are created from it. */
export function appRuntime(
  { host, identity, config, declaration }: Pick<AppRuntime, "host" | "identity" | "config" | "declaration">,
  { databaseUser, media, network, secrets }: RuntimeParts,
  image: { readonly reference: pulumi.Output<string>; readonly contentHash: pulumi.Output<string> },
): AppRuntime {
  const settings = pulumi
    .all([secrets.directory, databaseUser])
    .apply(([directory, user]) =>
      appEnvironment(config, declaration, { databaseUser: user, secrets: directory }),
    );
  const release = pulumi
    .all([image.contentHash, settings])
    .apply(([content, values]) => releaseId(content, values));
  return {
    host,
    identity,
    config,
    declaration,
    network,
    secrets,
    media,
    release,
    image: image.reference,
    environment: pulumi
      .all([settings, release])
      .apply(([values, RELEASE]): Record<string, string> => ({ ...values, RELEASE })),
  };
}
