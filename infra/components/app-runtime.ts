import type * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "../../stacks/stack-config.ts";
import type { Host, Identity } from "../host.ts";
import type { Network } from "./network.ts";
import type { SecretFiles } from "./secret-files.ts";

/** The application's uid and gid in its image. */
export const appUser = 1000;

/** What every container made from the application's image needs. */
export interface AppRuntime {
  host: Host;
  identity: Identity;
  config: StackConfig;
  network: Network;
  image: pulumi.Output<string>;
  release: pulumi.Output<string>;
  secrets: SecretFiles;
  /** Volume with uploads. */
  media: pulumi.Output<string>;
  /** Environment, without secrets. */
  environment: pulumi.Output<Record<string, string>>;
}
