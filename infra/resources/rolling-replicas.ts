import * as command from "@pulumi/command";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Identity } from "../policy/host.ts";
import { join as shellWords } from "shlex";
import { replicaCheck } from "./app-checks.ts";
import { appContainer, type AppContainer } from "./app-container.ts";
import type { AppRuntime } from "./app-runtime.ts";

/** How replicas are replaced one at a time. */
export interface Rolling {
  /** Container that publishes the proxy's ports: the stack is taken down if it is. */
  readonly listener: docker.Container;
  /** Numbers of the replicas, from 1, in the order in which they are replaced. */
  readonly order: readonly number[];
}

/** Name of a replica's container; Nginx's configuration goes by it, from release to release. */
export function replicaName({ project, stack }: Identity, number: number): string {
  return `${project}-${stack}-app-${number}`;
}

/**
 * Replicas that a release replaces one at a time, each in this order: Nginx sends it nothing more
 * and finishes what it has on the way to it; its container is stopped; the new one starts and is
 * admitted; Nginx sends it requests again; it is watched for `bakeTime`. A replica that fails any
 * of this stays out of service and ends the update, and those after it are not touched.
 *
 * The order is Pulumi's own: a container is deleted before it is replaced, what depends on its id
 * is deleted before that, and each replica depends on the one before being in service.
 *
 * @param dependsOn what has to be there before the first replica: the schema, Nginx, and the static
 * files of the new release
 * @returns the replicas by number
 */
export function rollingReplicas(
  name: string,
  args: AppRuntime & { readonly rolling: Rolling },
  parent: pulumi.Resource,
  dependsOn: pulumi.ResourceOptions["dependsOn"],
): AppContainer[] {
  const replicas: { readonly number: number; readonly replica: AppContainer }[] = [];
  for (const number of args.rolling.order) {
    const before = replicas.at(-1)?.replica.ready ?? dependsOn;
    replicas.push({ number, replica: rollingReplica(name, number, args, parent, before) });
  }
  return replicas.sort((one, other) => one.number - other.number).map(({ replica }) => replica);
}

function rollingReplica(
  name: string,
  number: number,
  args: AppRuntime & { readonly rolling: Rolling },
  parent: pulumi.Resource,
  dependsOn: pulumi.ResourceOptions["dependsOn"],
): AppContainer {
  const { host, identity, config } = args;
  // Not the names of replicas that are replaced side by side, which stay until these have the
  // traffic.
  const resource = `${name}-rolling-${number}`;
  const fixed = replicaName(identity, number);
  const { container, ready } = appContainer(
    resource,
    { ...args, part: name, program: "web", stopsFirst: true, name: fixed },
    parent,
    dependsOn,
  );
  const service = (way: "out" | "back") =>
    `sh infra/commands/replica-service.sh ${way} ${shellWords([...replicaCheck(args.declaration)])}`;
  const inService = new command.local.Command(
    `${resource}-in-service`,
    {
      create: service("back"),
      delete: service("out"),
      environment: {
        ...host.environment,
        PROJECT: identity.project,
        STACK: identity.stack,
        NAME: fixed,
        CONTAINER: container.id,
        BAKE: String(config.release.bakeTime),
        DRAIN: String(config.app.drainTimeout),
      },
      triggers: [container.id],
    },
    {
      parent,
      dependsOn: [ready],
      // Out before back: the other way round a replaced command would leave the replica out.
      deleteBeforeReplace: true,
      // Taking a stack down takes no replica out of service.
      deletedWith: args.rolling.listener,
    },
  );
  return { container, ready: inService };
}
