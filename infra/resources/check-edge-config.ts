import * as pulumi from "@pulumi/pulumi";
import { dockerCommand } from "../../system/docker-commands.ts";
import { Docker } from "../../system/docker.ts";
import type { Host } from "../policy/host.ts";
import type { NginxConfig } from "../rendering/edge-config.ts";
import { edgePaths, edgeUser } from "../rendering/edge-paths.ts";
import { fileBundle } from "../rendering/file-bundle.ts";

/** A configuration that Nginx refuses. Pulumi prints its message without a stack trace. */
export class EdgeConfigError extends pulumi.RunError {
  constructor(reason: string) {
    super(
      `Nginx refuses the configuration of the edge; nothing was changed.\n  ${reason.replaceAll("\n", "\n  ")}\n` +
        "  Fix: the line it names is rendered from the stack's settings, or comes from a file in nginx/snippets.",
    );
    this.name = "EdgeConfigError";
    // What Pulumi prints of an error that comes once the program itself has run to its end.
    this.stack = this.message;
  }
}

const dockerOf = (host: Pick<Host, "environment">) => new Docker({ ...process.env, ...host.environment });

const memory = (path: string) => ["--tmpfs", `${path}:uid=${edgeUser},gid=${edgeUser},mode=0755`];

/**
 * Has Nginx test a configuration in a container that is thrown away: no network, no volume, nothing
 * that runs is touched.
 *
 * @param image reference of an Nginx image that the engine has already
 * @param host engine that has it; the environment's if unset
 * @throws EdgeConfigError with Nginx's own words
 */
export async function checkEdgeConfig(
  config: NginxConfig,
  image: string,
  host: Pick<Host, "environment"> = { environment: {} },
): Promise<void> {
  const folder = `${edgePaths.config}/checked`;
  const { code, stderr } = await dockerOf(host).try(
    [
      ...["run", "--rm", "--interactive", "--pull=never", "--network=none", "--read-only", "--cap-drop=ALL"],
      ...[
        `--user=${edgeUser}:${edgeUser}`,
        "--security-opt=no-new-privileges",
        "--memory=128m",
        "--pids-limit=64",
      ],
      ...[...memory(edgePaths.config), ...memory(edgePaths.run), ...memory("/var/lib/berth")],
      ...["--entrypoint=sh", image, "-c", `sh -s ${folder} && sh ${folder}/bin/check.sh`],
    ],
    { input: fileBundle(config.files) },
  );
  if (code !== 0) throw new EdgeConfigError(stderr.trim() || "docker run gave no reason");
}

/**
 * The same while previewing, if the engine has the image already: before the first `up` there is
 * nothing to test with, and while deploying the traffic switch tests what it loads. What Nginx
 * refuses fails the preview.
 */
export function previewEdgeConfig(config: NginxConfig, image: pulumi.Input<string>, host: Host): void {
  if (!pulumi.runtime.isDryRun()) return;
  // Nothing waits for the result: the SDK reports an unhandled error once and as it is, but wraps
  // one that reaches a resource's inputs.
  pulumi.output(image).apply(async (reference) => {
    const present = await dockerOf(host).try(dockerCommand.inspect("image", [reference]));
    if (present.code === 0) await checkEdgeConfig(config, reference, host);
  });
}
