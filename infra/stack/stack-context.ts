import * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "../../stacks/stack-config.ts";
import { readRegistryPassword } from "../config.ts";
import { BaseImage } from "../components/base-image.ts";
import { dockerHost, type Host, type Identity, type RegistryAccount } from "../policy/host.ts";
import type { baseImages } from "../../images/catalogue.ts";

/** What every part of one stack shares. */
export interface StackContext {
  readonly config: StackConfig;
  readonly identity: Identity;
  readonly host: Host;
  /** The account that pushes and pulls the application's images; no login if unset. */
  readonly login: RegistryAccount | undefined;
  /** Options of components: the engine that their containers are on. */
  readonly onDocker: { providers: pulumi.ProviderResource[] };
  /** Makes a base image available and returns its reference; once a name. */
  readonly baseImage: (name: keyof typeof baseImages) => pulumi.Output<string>;
}

/** The context of the stack that is being deployed. */
export function stackContext(config: StackConfig): StackContext {
  const login = registryAccount(config);
  const host = dockerHost(config.dockerHost, login);
  return {
    config,
    identity: { project: pulumi.getProject(), stack: config.stack },
    host,
    login,
    onDocker: { providers: [host.provider] },
    baseImage: (name) => new BaseImage(`base-${name}`, { name, source: config.imageSource, host }).reference,
  };
}

function registryAccount({ registry }: StackConfig): RegistryAccount | undefined {
  if (registry?.registryUser === undefined) return undefined;
  const account = { address: registry.host, user: registry.registryUser };
  const passwordCommand = registry.registryPasswordCommand;
  if (passwordCommand !== undefined) return { ...account, passwordCommand };
  const password = readRegistryPassword();
  return password === undefined ? undefined : { ...account, password };
}
