import * as pulumi from "@pulumi/pulumi";
import type { StackShape } from "../stacks/shape.ts";
import { readRegistryPassword } from "./config.ts";
import { BaseImage } from "./components/base-image.ts";
import { dockerHost, type Host, type Identity, type RegistryAccount } from "./host.ts";
import type { baseImages } from "../images/catalogue.ts";

/** What every part of one stack shares. */
export interface StackContext {
  readonly shape: StackShape;
  readonly identity: Identity;
  readonly host: Host;
  /** Who pushes and pulls the application's images; nobody logs in where unset. */
  readonly login: RegistryAccount | undefined;
  /** Options of components: the engine that their containers are on. */
  readonly onDocker: { providers: pulumi.ProviderResource[] };
  /** Makes a base image available and returns its reference; once a name. */
  readonly baseImage: (name: keyof typeof baseImages) => pulumi.Output<string>;
}

/** The context of the stack that is being deployed. */
export function stackContext(shape: StackShape): StackContext {
  const login = registryAccount(shape);
  const host = dockerHost(shape.dockerHost, login);
  return {
    shape,
    identity: { project: pulumi.getProject(), stack: shape.stack },
    host,
    login,
    onDocker: { providers: [host.provider] },
    baseImage: (name) => new BaseImage(`base-${name}`, { name, source: shape.imageSource, host }).reference,
  };
}

function registryAccount({ release }: StackShape): RegistryAccount | undefined {
  const password = readRegistryPassword();
  const { host, user } = release.registry ?? {};
  if (host === undefined || user === undefined || password === undefined) return undefined;
  return { address: host, user, password };
}
