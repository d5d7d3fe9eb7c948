import * as command from "@pulumi/command";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Host, Identity } from "../policy/host.ts";

/** Where an image is pushed to. */
export interface PushTarget {
  /** Repository with its host. */
  repository: string;
  /** Account; no login without one. */
  user?: string;
  password?: pulumi.Input<string>;
  /** Command that prints the password, instead of one. */
  passwordCommand?: string;
}

export interface PushedImageArgs {
  host: Host;
  identity: Identity;
  target: PushTarget;
  /** The image on the engine, named `repository:tag`. */
  image: docker.RemoteImage;
}

/**
 * Pushes an image from the engine that built it. It is a command and not the provider's
 * RegistryImage: that one asks the registry from the deployer's machine, over the deployer's
 * network and authorities, and overwrites what is there.
 * @returns the image's reference by its digest, `repository:tag@sha256:…`
 */
export function pushedImage(
  name: string,
  { host, identity, target, image }: PushedImageArgs,
  parent: pulumi.Resource,
): pulumi.Output<string> {
  const pushed = new command.local.Command(
    name,
    {
      create: "node infra/commands/push-image.ts",
      environment: {
        ...host.environment,
        IMAGE: image.name,
        STACK: identity.stack,
        ...(target.user === undefined ? {} : { REGISTRY_USER: target.user }),
        ...(target.passwordCommand === undefined
          ? {}
          : { REGISTRY_PASSWORD_COMMAND: target.passwordCommand }),
      },
      ...(target.password === undefined ? {} : { stdin: pulumi.secret(target.password) }),
      triggers: [image.name],
      logging: "stderr",
    },
    { parent, dependsOn: image, additionalSecretOutputs: ["stdin"] },
  );
  // Hidden with the password by what runs the command. A preview shows it, and policy/ judges it.
  return pulumi.interpolate`${image.name}@${pulumi.unsecret(pushed.stdout)}`;
}
