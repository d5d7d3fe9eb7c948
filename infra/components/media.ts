import * as pulumi from "@pulumi/pulumi";
import type { Identity } from "../policy/host.ts";
import { dataVolume } from "../resources/data-volume.ts";

export interface MediaArgs {
  identity: Identity;
}

/**
 * What people have uploaded: a volume that the application writes and Nginx reads, and that
 * outlives the stack.
 */
export class Media extends pulumi.ComponentResource {
  readonly volume: pulumi.Output<string>;

  constructor(name: string, args: MediaArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:Media", name, {}, opts);
    this.volume = dataVolume(args.identity, name, this).name;
    this.registerOutputs({ volume: this.volume });
  }
}
