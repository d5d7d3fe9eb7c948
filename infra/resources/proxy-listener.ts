import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { containerDefaults, containerOptions, healthcheck } from "../policy/container-defaults.ts";
import type { Identity } from "../policy/host.ts";
import { proxyListenerLimits } from "../policy/limits.ts";
import { edgePaths, edgeUser } from "../rendering/edge-paths.ts";
import { heldPorts, holdSockets } from "../rendering/listener-files.ts";

export interface ProxyListenerArgs {
  identity: Identity;
  /** Image with Perl. */
  image: pulumi.Input<string>;
  edge: EdgeConfig;
  /** Network of the proxy. */
  network: pulumi.Input<string>;
  /** Network of the shared proxy in front, and the name that it finds this stack by. */
  shared?: { readonly network: string; readonly alias: string } | undefined;
  /** Volume that Nginx and this container share, for the socket that hands the others over. */
  state: pulumi.Input<string>;
  /** Published ports, as the provider takes them. */
  ports: docker.ContainerArgs["ports"];
  /**
   * What becomes of the container that is there: `stays`, whatever else has changed; `beside` or
   * `goes-first` if its ports have.
   */
  change: "stays" | "beside" | "goes-first";
}

/**
 * Everything but the ports and the network: a change of it is no reason to close the ports. The
 * program that runs here does next to nothing, and is replaced when the ports are.
 */
const heldStill = [
  "capabilities",
  "command",
  "cpuShares",
  "cpus",
  "destroyGraceSeconds",
  "entrypoints",
  "envs",
  "healthcheck",
  "image",
  "init",
  "labels",
  "logDriver",
  "logOpts",
  "memory",
  "memorySwap",
  "mounts",
  "readOnly",
  "restart",
  "securityOpts",
  "stopSignal",
  "stopTimeout",
  "tmpfs",
  "user",
  "volumes",
];

/** Whether the program accepts; it takes a client that asks for nothing as no request. */
const answers = `exit !IO::Socket::UNIX->new(Peer => "${edgePaths.state}/listener/" . (POSIX::uname)[1])`;

/**
 * The container that publishes the proxy's ports. It holds the listening sockets and hands them to
 * Nginx, so that Nginx can be replaced while connections are accepted (socket activation).
 *
 * In a stack of an earlier version, Nginx's own container becomes this one, as it is.
 *
 * @param name of the resource
 * @param earlier name of the resource that published the ports in earlier versions
 */
export function proxyListener(
  name: string,
  args: ProxyListenerArgs,
  parent: pulumi.Resource,
  { earlier, dependsOn }: { earlier: string; dependsOn: pulumi.Resource },
): docker.Container {
  return new docker.Container(
    name,
    {
      ...containerDefaults({
        identity: args.identity,
        part: "listener",
        limits: proxyListenerLimits,
        grace: 5,
      }),
      image: args.image,
      entrypoints: ["perl", "-e", holdSockets, "--", ...heldPorts(args.edge)],
      user: `${edgeUser}:${edgeUser}`,
      // Certbot and exporters find the proxy by this name.
      networksAdvanced: [
        { name: args.network, aliases: ["nginx"] },
        // Its sockets take what arrives on any of its networks; Nginx itself is not on this one.
        ...(args.shared === undefined ? [] : [{ name: args.shared.network, aliases: [args.shared.alias] }]),
      ],
      ports: args.ports,
      volumes: [{ volumeName: args.state, containerPath: edgePaths.state }],
      healthcheck: healthcheck(["perl", "-MPOSIX", "-MIO::Socket::UNIX", "-e", answers], 30, 10),
      mustRun: true,
      wait: false,
    },
    {
      ...containerOptions(parent, args.change === "goes-first"),
      aliases: [{ name: earlier }],
      ignoreChanges: args.change === "stays" ? heldStill : [],
      dependsOn,
    },
  );
}
