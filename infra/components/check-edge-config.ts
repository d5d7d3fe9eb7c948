import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { edgePaths, edgeUser } from "../rendering/edge-paths.ts";
import type { EdgeConfig } from "../rendering/edge-config.ts";
import { fileBundle } from "../rendering/file-bundle.ts";

/** A configuration that Nginx refuses. */
export class EdgeConfigError extends Error {
  constructor(reason: string) {
    super(
      `Nginx refuses the configuration of the edge; nothing was changed.\n  ${reason}\n` +
        "  Fix: the line it names is rendered from the stack's settings, or comes from a file in nginx/snippets.",
    );
    this.name = "EdgeConfigError";
  }
}

const memory = (path: string) => ["--tmpfs", `${path}:uid=${edgeUser},gid=${edgeUser},mode=0755`];

/**
 * Has Nginx test a configuration in a container that is thrown away: no network, no volume, nothing that runs is touched.
 *
 * @param image reference of an Nginx image that the engine has already
 * @param dockerHost Docker engine; the environment's where unset
 * @throws EdgeConfigError with Nginx' own words
 */
export async function checkEdgeConfig(config: EdgeConfig, image: string, dockerHost?: string): Promise<void> {
  const folder = `${edgePaths.config}/checked`;
  const run = spawn(
    "docker",
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
    {
      stdio: ["pipe", "ignore", "pipe"],
      env: { ...process.env, ...(dockerHost === undefined ? {} : { DOCKER_HOST: dockerHost }) },
    },
  );
  const status = new Promise<number | null>((resolve, reject) => {
    run.once("error", reject);
    run.once("close", resolve);
  });
  // A container that ends early closes its standard input; its own words say why.
  run.stdin.on("error", () => undefined);
  run.stdin.end(fileBundle(config.files));
  const reason = await text(run.stderr);
  if ((await status) !== 0) throw new EdgeConfigError(reason.trim() || "docker run gave no reason");
}
