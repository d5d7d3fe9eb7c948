import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import type { EdgeConfig } from "../../stacks/edge.ts";
import type { AppImages } from "./app-images.ts";
import type { App } from "../components/app.ts";
import type { Canary } from "../components/canary.ts";
import { Certificates } from "../components/certificates.ts";
import type { Media } from "../components/media.ts";
import type { Network } from "../components/network.ts";
import { ReverseProxy } from "../components/reverse-proxy.ts";
import { StaticFiles } from "../components/static-files.ts";
import { TrafficSwitch } from "../components/traffic-switch.ts";
import { readEdgeCredentials } from "../config.ts";
import type { StackContext } from "./stack-context.ts";

/** What the edge is made of. */
export interface EdgeParts {
  readonly edge: EdgeConfig;
  readonly network: Network;
  readonly images: AppImages;
  readonly media: Media;
}

/** What gets the traffic. */
export interface Traffic {
  readonly app: App;
  readonly canary: Canary | undefined;
  readonly release: pulumi.Output<string>;
  /** What has to be healthy before the traffic moves. */
  readonly healthy: readonly pulumi.Resource[];
}

/** Nginx with what it needs; it serves nothing before the first switch. */
export interface Edge {
  /** Nginx's container. */
  readonly proxy: docker.Container;
  /** Done when Nginx runs and has the release's static files. */
  readonly ready: readonly pulumi.Resource[];
  /**
   * Brings a release its traffic.
   * @returns the switch: resources that depend on it run once the traffic has moved
   */
  switchTo(traffic: Traffic): pulumi.Resource;
}

/** Static files, Nginx and certificates. */
export function edge(
  { baseImage, host, identity, onDocker, config }: StackContext,
  { edge: settings, images, media, network }: EdgeParts,
): Edge {
  const image = baseImage("nginx");
  const assets = new StaticFiles(
    "assets",
    {
      host,
      identity,
      images: [images.current, ...(images.tried === undefined ? [] : [images.tried])],
      keep: config.release.keepReleases,
    },
    onDocker,
  );
  const proxy = new ReverseProxy(
    "edge",
    {
      host,
      identity,
      image,
      edge: settings,
      network: network.edge,
      media: media.volume,
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
      edge: settings,
      network: network.edge,
      certificates: proxy.certificates,
      webroot: proxy.webroot,
      ...readEdgeCredentials(),
    },
    { ...onDocker, dependsOn: proxy.admitted },
  );
  const ready = [proxy.admitted, ...assets.published];
  const { bakeTime, canary: share } = config.release;
  return {
    proxy: proxy.container,
    ready,
    switchTo: ({ app, canary, healthy, release }) =>
      new TrafficSwitch(
        "traffic",
        {
          host,
          proxy: proxy.container.id,
          image,
          edge: settings,
          locale: config.locale,
          release,
          bakeTime,
          replicas: app.containers,
          ...(canary === undefined || share === undefined
            ? {}
            : { canary: { container: canary.container, share } }),
        },
        { ...onDocker, dependsOn: [...ready, ...healthy] },
      ).switched,
  };
}
