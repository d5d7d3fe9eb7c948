import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { PublishedPort } from "../../stacks/stack-config.ts";
import { containerDefaults, containerOptions, healthcheck } from "../policy/container-defaults.ts";
import type { Host, Identity } from "../policy/host.ts";
import { adminerLimits as limits } from "../policy/limits.ts";
import { admission } from "../resources/admission.ts";
import { databaseHost } from "../facts/stack-names.ts";
import type { Network } from "./network.ts";
import { publishedPorts } from "../policy/published-ports.ts";

export interface AdminerArgs {
  host: Host;
  identity: Identity;
  network: Network;
  image: pulumi.Input<string>;
  port: PublishedPort;
}

const check = ["php", "-r", "exit(@fsockopen('127.0.0.1', 8080) ? 0 : 1);"];

/** Adminer, a database interface for development stacks. */
export class Adminer extends pulumi.ComponentResource {
  constructor(name: string, args: AdminerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:Adminer", name, {}, opts);
    const container = new docker.Container(
      name,
      {
        ...containerDefaults({ identity: args.identity, part: name, limits, grace: 10 }),
        image: args.image,
        envs: [`ADMINER_DEFAULT_SERVER=${databaseHost}`],
        networksAdvanced: [{ name: args.network.internal }, { name: args.network.edge }],
        ports: publishedPorts(8080, args.port),
        healthcheck: healthcheck(check, 30, 15),
      },
      containerOptions(this, true),
    );
    admission(
      `${name}-ready`,
      { host: args.host, part: name, container, check, pids: limits.pids, timeout: 60 },
      this,
    );
    this.registerOutputs({ container: container.id });
  }
}
