import type * as pulumi from "@pulumi/pulumi";
import type { EdgeShape } from "./rendering/edge-shape.ts";
import type { Limits } from "../stacks/shape.ts";
import type { AppImages } from "./app-image.ts";
import type { App } from "./components/app.ts";
import type { Canary } from "./components/canary.ts";
import { Certificates } from "./components/certificates.ts";
import type { Network } from "./components/network.ts";
import { ReverseProxy } from "./components/reverse-proxy.ts";
import { StaticFiles } from "./components/static-files.ts";
import { TrafficSwitch } from "./components/traffic-switch.ts";
import { readEdgeCredentials } from "./config.ts";
import type { StackContext } from "./stack-context.ts";

/** What the edge stands in front of. */
export interface EdgeParts {
  readonly shape: EdgeShape;
  readonly limits: { readonly proxy: Limits; readonly certbot: Limits };
  readonly network: Network;
  readonly images: AppImages;
  readonly app: App;
  readonly canary: Canary | undefined;
  readonly release: pulumi.Output<string>;
  /** What has to be healthy before the traffic moves. */
  readonly healthy: readonly pulumi.Resource[];
}

/**
 * Static files, Nginx, certificates, and the switch that brings the release its traffic.
 * @returns the switch: what it depends on has moved once it is done
 */
export function edge(
  { baseImage, host, identity, onDocker, shape: stack }: StackContext,
  parts: EdgeParts,
): pulumi.Resource {
  const { app, canary, images, limits, network, shape } = parts;
  const image = baseImage("nginx");
  const assets = new StaticFiles(
    "assets",
    {
      host,
      identity,
      images: [images.current, ...(images.tried === undefined ? [] : [images.tried])],
      keep: stack.release.keep,
    },
    onDocker,
  );
  const proxy = new ReverseProxy(
    "edge",
    {
      host,
      identity,
      image,
      shape,
      limits: limits.proxy,
      network: network.edge,
      media: app.media,
      assets: assets.volume,
    },
    onDocker,
  );
  new Certificates(
    "certificates",
    {
      host,
      identity,
      images: { certbot: baseImage("certbot"), nginx: image },
      shape,
      limits: limits.certbot,
      network: network.edge,
      certificates: proxy.certificates,
      webroot: proxy.webroot,
      ...readEdgeCredentials(),
    },
    { ...onDocker, dependsOn: proxy.admitted },
  );
  const { bakeTime, canary: share } = stack.release;
  const traffic = new TrafficSwitch(
    "traffic",
    {
      host,
      proxy: proxy.container.id,
      image,
      shape,
      locale: stack.locale,
      release: parts.release,
      bakeTime,
      replicas: app.containers,
      ...(canary === undefined || share === undefined
        ? {}
        : { canary: { container: canary.container, share } }),
    },
    { ...onDocker, dependsOn: [proxy.admitted, ...assets.published, ...parts.healthy] },
  );
  return traffic.switched;
}
