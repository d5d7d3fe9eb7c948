import { resolve } from "node:path";
import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import type { PublishedPort } from "../../stacks/stack-config.ts";
import { containerDefaults, containerOptions, healthcheck } from "../policy/container-defaults.ts";
import { appLimits, workerLimits } from "../policy/limits.ts";
import { admission } from "./admission.ts";
import { appUser, type AppRuntime } from "./app-runtime.ts";
import { publishedPorts } from "../policy/published-ports.ts";

export interface AppContainerArgs extends AppRuntime {
  /** As in the label `berth.part`. */
  part: string;
  /** Program of the image that runs. */
  program: "src/main.ts" | "src/worker.ts";
  /** Command run inside the container; exit 0 means healthy. */
  check: readonly string[];
  port?: PublishedPort | undefined;
  /** Stop the container before this one first, instead of replacing it once this one serves. */
  stopsFirst?: boolean;
  /** Fixed name of the container; one with a suffix of its own if unset. Needs `stopsFirst`. */
  name?: string;
}

/** A container of the application's image, and its admission. */
export interface AppContainer {
  readonly container: docker.Container;
  /** Known once the container is healthy. */
  readonly ready: pulumi.Resource;
}

/** What a healthy replica answers with 0. */
export const replicaCheck = ["bash", "src/healthcheck.sh"] as const;

/** Seconds between the end of the drain and SIGKILL. */
const killMargin = 5;

/**
 * One container that runs a program of the application's image for as long as the release lives.
 */
export function appContainer(
  name: string,
  args: AppContainerArgs,
  parent: pulumi.Resource,
  dependsOn: pulumi.ResourceOptions["dependsOn"],
): AppContainer {
  const { config, identity, network, part, secrets } = args;
  const { app } = config;
  const container = new docker.Container(
    name,
    {
      ...(args.name === undefined ? {} : { name: args.name }),
      ...containerDefaults({
        identity,
        part,
        release: args.release,
        limits: args.program === "src/worker.ts" ? workerLimits(app) : appLimits(app),
        grace: app.drainTimeout + killMargin,
      }),
      image: args.image,
      user: `${appUser}:${appUser}`,
      command: ["node", ...(app.hotReload ? ["--watch-path=/app/src"] : []), args.program],
      envs: args.environment.apply((environment) =>
        Object.entries(environment)
          .map(([key, value]) => `${key}=${value}`)
          .sort(),
      ),
      mounts: [
        { type: "volume", source: args.media, target: "/var/lib/app/media" },
        { type: "volume", source: secrets.volume, target: secrets.mountPoint, readOnly: true },
        ...(app.hotReload
          ? [{ type: "bind", source: resolve("app/src"), target: "/app/src", readOnly: true }]
          : []),
      ],
      networksAdvanced: [{ name: network.internal }, { name: network.edge, aliases: [part] }],
      ports: publishedPorts(8000, args.port),
      healthcheck: healthcheck(args.check, 10, 30),
    },
    {
      // A host port can be held by one container only.
      ...containerOptions(parent, args.port !== undefined || args.stopsFirst === true),
      ...(dependsOn === undefined ? {} : { dependsOn }),
    },
  );
  const ready = admission(
    `${name}-ready`,
    { host: args.host, part, container, check: args.check, pids: appLimits(app).pids, timeout: 90 },
    parent,
  );
  return { container, ready };
}
