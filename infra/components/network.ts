import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { labels, type Host, type Identity } from "../policy/host.ts";
import { whileHeld } from "../resources/restart.ts";

export interface NetworkArgs {
  host: Host;
  identity: Identity;
  /** A part on it is left running as it is, so the networks stay as they are. */
  held: boolean;
}

/**
 * Two bridge networks: `internal`, without a route out, for the application and what it stores in;
 * `edge` for what is reached from outside or has to reach out. Nothing is connected to them if
 * another state has a stack of this name on the engine.
 */
export class Network extends pulumi.ComponentResource {
  readonly internal: pulumi.Output<string>;
  readonly edge: pulumi.Output<string>;

  constructor(name: string, args: NetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:Network", name, {}, opts);
    const network = (part: string, internal: boolean) =>
      new docker.Network(
        `${name}-${part}`,
        { internal, labels: labels(args.identity, "network") },
        { parent: this, ...whileHeld(args) },
      );
    const [inner, outer] = [network("internal", true), network("edge", false)];
    const owned = this.#ownership(name, args, [inner.id, outer.id]);
    this.internal = pulumi.all([inner.name, owned.id]).apply(([found]) => found);
    this.edge = pulumi.all([outer.name, owned.id]).apply(([found]) => found);
    this.registerOutputs({ internal: this.internal, edge: this.edge });
  }

  /** Once a state: containers that run later are its own. */
  #ownership(name: string, { host, identity }: NetworkArgs, networks: readonly pulumi.Output<string>[]) {
    return new command.local.Command(
      `${name}-owner`,
      {
        create: "sh infra/commands/check-owner.sh",
        update: "true",
        environment: {
          ...host.environment,
          PROJECT: identity.project,
          STACK: identity.stack,
          NETWORKS: pulumi.all([...networks]).apply((ids) => ids.join(" ")),
        },
        logging: "stderr",
      },
      { parent: this },
    );
  }
}
