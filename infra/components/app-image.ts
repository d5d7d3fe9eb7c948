import { createHash } from "node:crypto";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { contextHash } from "../content-hash.ts";

export interface AppImageArgs {
  /** Build context, relative to the project's folder. */
  context: string;
  /** Values of the Dockerfile's ARGs that decide what is in the image. */
  buildArgs: Record<string, pulumi.Input<string>>;
  /** Image with the CA bundle of a network that inspects TLS: its content reaches build stages only, so it does not name the release. */
  machineCa: pulumi.Input<string>;
}

/**
 * The application's image, named after its content: equal sources and base images give the same name and no build, and a release can go
 * back to any image that is still there.
 */
export class AppImage extends pulumi.ComponentResource {
  /** `berth/app:<release>` */
  readonly reference: pulumi.Output<string>;
  /** Hash of sources and base images, 12 hexadecimal digits. */
  readonly release: pulumi.Output<string>;

  constructor(name: string, args: AppImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:AppImage", name, {}, opts);
    const sources = contextHash(args.context);
    this.release = pulumi.output(args.buildArgs).apply((buildArgs) =>
      createHash("sha256")
        .update(JSON.stringify([sources, Object.entries(buildArgs).sort()]))
        .digest("hex")
        .slice(0, 12),
    );
    const image = new docker.RemoteImage(
      name,
      {
        name: pulumi.interpolate`berth/app:${this.release}`,
        build: { context: args.context, buildArgs: { ...args.buildArgs, CA_IMAGE: args.machineCa } },
        // Deleting is by name, and older releases are what one goes back to.
        keepLocally: true,
      },
      { parent: this, deleteBeforeReplace: false },
    );
    // Through the image's id, so that containers wait for the build and a rebuilt image replaces them.
    this.reference = pulumi.all([image.name, image.imageId]).apply(([reference]) => reference);
    this.registerOutputs({ reference: this.reference, release: this.release });
  }
}
