import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";

/** The Docker engine that a stack is deployed to. */
export interface Host {
  readonly provider: docker.Provider;
  /** Environment of commands that speak to the same engine through the docker client. */
  readonly environment: Readonly<Record<string, string>>;
}

/** An account at the registry that images are pulled from and pushed to. */
export interface RegistryAccount {
  /** `host` or `host:port`. */
  readonly address: string;
  readonly user: string;
  /** Unset if the password comes from a command. */
  readonly password?: pulumi.Output<string>;
  /** Command that prints a password which is not kept; run whenever one is needed. */
  readonly passwordCommand?: string;
}

/**
 * @param address `unix://`, `tcp://` or `ssh://`; if unset, DOCKER_HOST of the environment, else
 * the local socket
 * @param account the account that pulls; no login if unset
 */
export function dockerHost(address: string | undefined, account: RegistryAccount | undefined): Host {
  return {
    provider: new docker.Provider("docker", {
      ...(address === undefined ? {} : { host: address }),
      ...(account?.password === undefined
        ? {}
        : {
            registryAuth: [{ address: account.address, username: account.user, password: account.password }],
          }),
    }),
    environment: address === undefined ? {} : { DOCKER_HOST: address },
  };
}

/**
 * Names the program's things on a shared engine: labels on every object, and stable names for what
 * outlives the stack.
 */
export interface Identity {
  readonly project: string;
  readonly stack: string;
}

/** The label that ties a Docker object to its stack and part; the wrapper finds things by it. */
export function labels(identity: Identity, part: string, release?: pulumi.Input<string>) {
  return [
    { label: "berth.project", value: identity.project },
    { label: "berth.stack", value: identity.stack },
    { label: "berth.part", value: part },
    ...(release === undefined ? [] : [{ label: "berth.release", value: release }]),
  ];
}
