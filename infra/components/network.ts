import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { labels, type Identity } from "../host.ts";

export interface NetworkArgs {
  identity: Identity;
}

/**
 * Two bridge networks: `internal`, without a route out, for the application and what it stores in; `edge` for what is
 * reached from outside or has to reach out.
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
        { parent: this },
      );
    this.internal = network("internal", true).name;
    this.edge = network("edge", false).name;
    this.registerOutputs({ internal: this.internal, edge: this.edge });
  }
}
