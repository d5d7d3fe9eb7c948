import type * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "../../stacks/stack-config.ts";
import type { Host, Identity } from "../policy/host.ts";

/** The application's uid and gid in its image. */
export const appUser = 1000;

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
  network: StackNetworks;
  image: pulumi.Output<string>;
  release: pulumi.Output<string>;
  secrets: MountedSecrets;
  /** Volume with uploads. */
  media: pulumi.Output<string>;
  /** Environment, without secrets. */
  environment: pulumi.Output<Record<string, string>>;
}
