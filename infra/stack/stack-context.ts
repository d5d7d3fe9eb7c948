import * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "../../stacks/stack-config.ts";
import type { Declaration } from "../../declaration/read-declaration.ts";
import { readApp, readRegistryPassword } from "../config.ts";
import { BaseImage } from "../components/base-image.ts";
import { dockerHost, type Host, type Identity, type RegistryAccount } from "../policy/host.ts";
import type { baseImages } from "../../images/catalogue.ts";

/** What every part of one stack shares. */
export interface StackContext {
  readonly config: StackConfig;
  /** What the application says of itself. */
  readonly declaration: Declaration;
  readonly identity: Identity;
  readonly host: Host;
  /** The account that pushes and pulls the application's images; no login if unset. */
  readonly login: RegistryAccount | undefined;
  /** Options of components: the engine that their containers are on. */
  readonly onDocker: { providers: pulumi.ProviderResource[] };
  /** Makes a base image available and returns its reference. */
  readonly baseImage: (name: keyof typeof baseImages) => pulumi.Output<string>;
}

/** The context of the stack that is being deployed. */
export function stackContext(config: StackConfig): StackContext {
  const login = registryAccount(config);
  const host = dockerHost(config.dockerHost, login);
  let declaration: Declaration | undefined;
  const made = new Map<keyof typeof baseImages, pulumi.Output<string>>();
  return {
    config,
    // A proxy that stacks share has no application.
    get declaration() {
      return (declaration ??= readApp(config));
    },
    identity: { project: pulumi.getProject(), stack: config.stack },
    host,
    login,
    onDocker: { providers: [host.provider] },
    baseImage: (name) => {
      const reference =
        made.get(name) ?? new BaseImage(`base-${name}`, { name, source: config.imageSource, host }).reference;
      made.set(name, reference);
      return reference;
    },
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
