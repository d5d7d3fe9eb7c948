import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { join as shellWords } from "shlex";
import type { Declaration } from "../../declaration/read-declaration.ts";
import { labels, type Host, type Identity } from "../policy/host.ts";
import { publishAssetsScript } from "../rendering/asset-script.ts";
import { dockerRun } from "../rendering/docker-run.ts";
import type { AppImage } from "./app-image.ts";

export interface StaticFilesArgs {
  host: Host;
  identity: Identity;
  /** Folders of the images, and where their files are served. */
  folders: Declaration["static"];
  /** Image with a shell, tar and gzip. */
  toolImage: pulumi.Input<string>;
  /** Images whose static files are served now: the release's, and a canary's. */
  images: readonly Pick<AppImage, "reference" | "contentHash">[];
  /** Images whose files stay once they are served no more, these included. */
  keep: number;
}

/**
 * The application's static files in a volume that the proxy serves them from, those of earlier
 * releases included: a page that was loaded before a release finds its style and its scripts after
 * it.
 */
export class StaticFiles extends pulumi.ComponentResource {
  /** Volume that the proxy serves. */
  readonly volume: pulumi.Output<string>;
  /** Done when the files of every image are there. */
  readonly published: readonly pulumi.Resource[];

  constructor(name: string, args: StaticFilesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:StaticFiles", name, {}, opts);
    this.volume = new docker.Volume(
      `${name}-volume`,
      { labels: labels(args.identity, name) },
      { parent: this },
    ).name;
    const keep = Math.max(args.keep, args.images.length);
    const folders = args.folders.flatMap(({ at, folder }) => [folder, at]);
    const published: pulumi.Resource[] = [];
    for (const [index, image] of args.images.entries()) {
      published.push(
        new command.local.Command(
          `${name}-publish${index === 0 ? "" : `-${index + 1}`}`,
          {
            create: `sh infra/commands/publish-assets.sh ${shellWords(folders)}`,
            environment: {
              ...args.host.environment,
              IMAGE: image.reference,
              PUBLISH: pulumi
                .all([args.toolImage, image.contentHash, this.volume])
                .apply(([tools, content, volume]) =>
                  dockerRun({
                    image: tools,
                    entrypoint: "sh",
                    command: ["-c", publishAssetsScript(content, keep)],
                    labels: { "berth.stack": args.identity.stack, "berth.part": name },
                    network: "none",
                    stdin: true,
                    // Owner of the volume; without any capability.
                    user: "0:0",
                    volumes: [{ name: volume, target: "/assets", writable: true }],
                  }),
                ),
            },
            triggers: [image.contentHash, this.volume, folders],
            logging: "none",
          },
          // One after the other: they write to the same volume.
          { parent: this, dependsOn: [...published] },
        ),
      );
    }
    this.published = published;
    this.registerOutputs({ volume: this.volume });
  }
}
