import { join, resolve } from "node:path";
import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import type { Words } from "../../declaration/command.ts";
import type { PublishedPort } from "../../stacks/stack-config.ts";
import { containerDefaults, containerOptions, healthcheck } from "../policy/container-defaults.ts";
import { appLimits, workerLimits } from "../policy/limits.ts";
import { admission } from "./admission.ts";
import { replicaCheck, workerCheck } from "./app-checks.ts";
import type { AppRuntime } from "./app-runtime.ts";
import { publishedPorts } from "../policy/published-ports.ts";

export interface AppContainerArgs extends AppRuntime {
  /** As in the label `berth.part`. */
  part: string;
  /** Which of the application's commands runs. */
  program: "web" | "worker";
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

/** Seconds between the end of the drain and SIGKILL. */
const killMargin = 5;

/**
 * One container that runs a command of the application's image for as long as the release lives.
 */
export function appContainer(
  name: string,
  args: AppContainerArgs,
  parent: pulumi.Resource,
  dependsOn: pulumi.ResourceOptions["dependsOn"],
): AppContainer {
  const { config, declaration, identity, network, part, secrets } = args;
  const { app } = config;
  const worker = args.program === "worker";
  const command = reloading(args, worker ? declaration.worker : declaration.web);
  const check = worker ? workerCheck(declaration) : replicaCheck(declaration);
  const reload = app.hotReload ? declaration.reload : undefined;
  const container = new docker.Container(
    name,
    {
      ...(args.name === undefined ? {} : { name: args.name }),
      ...containerDefaults({
        identity,
        part,
        release: args.release,
        limits: worker ? workerLimits(app) : appLimits(app),
        grace: app.drainTimeout + killMargin,
        memory: { tmp: declaration.tmp, folders: declaration.writable, user: declaration.user },
      }),
      image: args.image,
      user: `${declaration.user}:${declaration.user}`,
      // The declared command is all of it, whatever entry point the image has.
      ...(command === undefined ? {} : { entrypoints: command.slice(0, 1), command: command.slice(1) }),
      envs: args.environment.apply((environment) =>
        Object.entries(environment)
          .map(([key, value]) => `${key}=${value}`)
          .sort(),
      ),
      mounts: [
        ...(declaration.uploads === undefined
          ? []
          : [{ type: "volume", source: args.media, target: declaration.uploads }]),
        { type: "volume", source: secrets.volume, target: secrets.mountPoint, readOnly: true },
        ...(reload === undefined
          ? []
          : [
              {
                type: "bind",
                source: resolve(join(declaration.folder, reload.from)),
                target: reload.to,
                readOnly: true,
              },
            ]),
      ],
      networksAdvanced: [{ name: network.internal }, { name: network.edge, aliases: [part] }],
      ports: publishedPorts(declaration.port, args.port),
      healthcheck: healthcheck(check, 10, 30),
    },
    {
      // A host port can be held by one container only.
      ...containerOptions(parent, args.port !== undefined || args.stopsFirst === true),
      ...(dependsOn === undefined ? {} : { dependsOn }),
    },
  );
  const ready = admission(
    `${name}-ready`,
    { host: args.host, part, container, check, pids: appLimits(app).pids, timeout: declaration.start },
    parent,
  );
  return { container, ready };
}

/** A command that starts again when a source changes, in stacks that reload. */
function reloading({ config, declaration }: AppRuntime, command: Words | undefined): Words | undefined {
  const { reload } = declaration;
  if (!config.app.hotReload || reload === undefined || command?.[0] !== "node") return command;
  return ["node", `--watch-path=${reload.to}`, ...command.slice(1)];
}
