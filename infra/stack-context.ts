import * as pulumi from "@pulumi/pulumi";
import type { StackShape } from "../stacks/shape.ts";
import { BaseImage } from "./components/base-image.ts";
import { dockerHost, type Host, type Identity } from "./host.ts";
import type { baseImages } from "./images.ts";

/** What every part of one stack shares. */
export interface StackContext {
  readonly shape: StackShape;
  readonly identity: Identity;
  readonly host: Host;
  /** Options of components: the engine that their containers are on. */
  readonly onDocker: { providers: pulumi.ProviderResource[] };
  /** Makes a base image available and returns its reference; once a name. */
  readonly baseImage: (name: keyof typeof baseImages) => pulumi.Output<string>;
}

/** The context of the stack that is being deployed. */
export function stackContext(shape: StackShape): StackContext {
  const host = dockerHost(shape.dockerHost);
  return {
    shape,
    identity: { project: pulumi.getProject(), stack: shape.stack },
    host,
    onDocker: { providers: [host.provider] },
    baseImage: (name) => new BaseImage(`base-${name}`, { name, source: shape.imageSource, host }).reference,
  };
}
