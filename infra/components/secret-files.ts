import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { newestSet } from "../facts/database-logins.ts";
import { labels, type Host, type Identity } from "../policy/host.ts";
import { dockerRun } from "../rendering/docker-run.ts";
import { whileHeld } from "../resources/restart.ts";

export interface SecretFilesArgs {
  host: Host;
  identity: Identity;
  /** File name → content. */
  files: Record<string, pulumi.Input<string>>;
  /** Numeric user and group that may read them. */
  owner: number;
  /** Image with a shell and coreutils that writes them. */
  image: pulumi.Input<string>;
  /** Their reader is left running as it is, so they stay as they are. Default: false. */
  held?: boolean;
}

/**
 * Reads `name base64` lines and leaves them as files in one step: readers see the whole version or
 * none of it.
 */
const writeScript = [
  "set -eu; umask 077",
  'rm -rf "/set/.$VERSION"; mkdir "/set/.$VERSION"',
  'while read -r name value; do printf %s "$value" | base64 -d > "/set/.$VERSION/$name"; done',
  'chmod 0400 "/set/.$VERSION"/*; chmod 0500 "/set/.$VERSION"; chown -R "$OWNER:$OWNER" "/set/.$VERSION"',
  'chown "$OWNER:$OWNER" /set; chmod 0500 /set',
  'rm -rf "/set/$VERSION"; mv -T "/set/.$VERSION" "/set/$VERSION"',
  // For programs that `berth` starts beside the stack.
  `ln -sfn "$VERSION" /set/${newestSet}`,
].join("; ");

/**
 * One version of a set of secrets as files of a volume: `<directory>/<name>`, mode 0400, owned by
 * the reader. A changed secret makes a new version beside the old one, which is deleted once
 * nothing uses it. Values travel over standard input only.
 */
export class SecretFiles extends pulumi.ComponentResource {
  /** Volume to mount, read-only, at `mountPoint`. */
  readonly volume: pulumi.Output<string>;
  /** Where a container mounts the volume. */
  readonly mountPoint: string;
  /** Directory of this version inside the container. */
  readonly directory: pulumi.Output<string>;
  /** Name of this version; random, so that it tells nothing of the content. */
  readonly version: pulumi.Output<string>;

  constructor(name: string, args: SecretFilesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:SecretFiles", name, {}, opts);
    this.mountPoint = `/run/secrets/${name}`;
    const held = whileHeld({ held: args.held ?? false });
    const volume = new docker.Volume(
      `${name}-volume`,
      { labels: labels(args.identity, name) },
      { parent: this, ...held },
    );
    const files = pulumi.secret(pulumi.output(args.files));
    const version = new random.RandomId(
      `${name}-version`,
      { byteLength: 6, keepers: files },
      { parent: this, additionalSecretOutputs: ["keepers"], ...held },
    );
    this.version = pulumi.unsecret(version.hex);
    const container = (script: string, stdin: boolean) =>
      pulumi.all([args.image, volume.name, this.version]).apply(([image, volumeName, versionName]) =>
        dockerRun({
          image,
          command: ["-c", script],
          entrypoint: "/bin/sh",
          stdin,
          labels: { "berth.stack": args.identity.stack, "berth.part": name },
          network: "none",
          user: "0:0",
          capabilities: ["CHOWN", "DAC_OVERRIDE", "FOWNER"],
          volumes: [{ name: volumeName, target: "/set", writable: true }],
          environment: { VERSION: versionName, OWNER: String(args.owner) },
        }),
      );
    const written = new command.local.Command(
      `${name}-write`,
      {
        create: container(writeScript, true),
        // A version that is already there stays as it is: its name changes whenever its content
        // does.
        update: "true",
        delete: container('rm -rf "/set/$VERSION"', false),
        environment: args.host.environment,
        stdin: files.apply((contents) =>
          Object.entries(contents)
            .map(([file, content]) => `${file} ${Buffer.from(content).toString("base64")}\n`)
            .join(""),
        ),
        triggers: [this.version, volume.name],
        logging: "none",
      },
      { parent: this, additionalSecretOutputs: ["stdin", "stdout", "stderr"] },
    );
    this.volume = volume.name;
    // Read through the command, so that users of the directory wait until it is written.
    this.directory = pulumi
      .all([this.version, written.id])
      .apply(([versionName]) => `${this.mountPoint}/${versionName}`);
    this.registerOutputs({ volume: this.volume, directory: this.directory, version: this.version });
  }
}
