import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { labels, type Host, type Identity } from "../host.ts";
import { publishAssetsScript } from "../rendering/asset-script.ts";
import { dockerRun } from "../rendering/docker-run.ts";

export interface StaticFilesArgs {
  host: Host;
  identity: Identity;
  /** The application's image, with its static files in it. */
  image: pulumi.Input<string>;
  /** Name of the image's content: equal names have equal files. */
  imageRelease: pulumi.Input<string>;
  /** Releases whose files stay, the newest included; 5 where unset. */
  keep?: number;
}

/**
 * The application's static files in a volume that the proxy serves them from, those of earlier releases included: a page
 * that was loaded before a release finds its style and its scripts after it.
 */
export class StaticFiles extends pulumi.ComponentResource {
  /** Volume that the proxy serves. */
  readonly volume: pulumi.Output<string>;
  /** Done when the release's files are there. */
  readonly published: pulumi.Resource;

  constructor(name: string, args: StaticFilesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:StaticFiles", name, {}, opts);
    this.volume = new docker.Volume(
      `${name}-volume`,
      { labels: labels(args.identity, name) },
      { parent: this },
    ).name;
    this.published = new command.local.Command(
      `${name}-publish`,
      {
        create: pulumi.all([args.image, args.imageRelease, this.volume]).apply(([image, release, volume]) =>
          dockerRun({
            image,
            entrypoint: "sh",
            command: ["-c", publishAssetsScript(release, args.keep ?? 5)],
            labels: { "berth.stack": args.identity.stack, "berth.part": name },
            network: "none",
            // Owner of the volume; without any capability.
            user: "0:0",
            volumes: [{ name: volume, target: "/assets", writable: true }],
          }),
        ),
        environment: args.host.environment,
        triggers: [args.imageRelease, this.volume],
        logging: "none",
      },
      { parent: this },
    );
    this.registerOutputs({ volume: this.volume });
  }
}
