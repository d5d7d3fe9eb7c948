import * as pulumi from "@pulumi/pulumi";
import { appEnvironment, releaseId } from "../facts/app-environment.ts";
import type { AppImage } from "../components/app-image.ts";
import type { AppRuntime } from "../resources/app-runtime.ts";
import type { Network } from "../components/network.ts";
import type { SecretFiles } from "../components/secret-files.ts";
import type { StackContext } from "./stack-context.ts";

/** What every release of the stack shares, whatever its image. */
export interface RuntimeParts {
  readonly network: Network;
  readonly secrets: SecretFiles;
  /** Volume with uploads. */
  readonly media: pulumi.Output<string>;
  readonly databaseUser: pulumi.Output<string>;
}

/** An image with the stack's configuration: the application's containers are created from it. */
export function appRuntime(
  { host, identity, config }: StackContext,
  { databaseUser, media, network, secrets }: RuntimeParts,
  image: AppImage,
): AppRuntime {
  const settings = pulumi
    .all([secrets.directory, databaseUser])
    .apply(([directory, user]) => appEnvironment(config, { databaseUser: user, secrets: directory }));
  const release = pulumi
    .all([image.release, settings])
    .apply(([content, values]) => releaseId(content, values));
  return {
    host,
    identity,
    config,
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
