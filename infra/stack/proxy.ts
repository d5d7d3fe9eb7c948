import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import type { EdgeConfig } from "../../stacks/edge.ts";
import type { AppImages } from "./app-images.ts";
import { Certificates } from "../components/certificates.ts";
import type { Media } from "../components/media.ts";
import type { Network } from "../components/network.ts";
import { ReverseProxy } from "../components/reverse-proxy.ts";
import { StaticFiles } from "../components/static-files.ts";
import { readEdgeCredentials } from "../config.ts";
import { behindSharedProxy } from "./joined-proxy.ts";
import { plannedPortChange, proxyPorts } from "./port-change.ts";
import type { StackContext } from "./stack-context.ts";

/** What the proxy serves, and how. */
export interface ProxyParts {
  readonly edge: EdgeConfig;
  readonly network: Network;
  readonly images: AppImages;
  readonly media: Media;
}

/** Nginx with what it needs; it serves nothing before the first traffic switch. */
export interface Proxy {
  /** Its settings, as they are behind a shared proxy if there is one. */
  readonly edge: EdgeConfig;
  readonly container: docker.Container;
  /** The container that publishes the ports, for as long as they stay the same. */
  readonly listener: docker.Container;
  /** Image of the container, which the traffic switch tests a configuration with. */
  readonly image: pulumi.Output<string>;
  /** Done when Nginx runs and has the release's static files. */
  readonly ready: readonly pulumi.Resource[];
}

/** Static files, Nginx and certificates. */
export async function makeProxy(
  context: StackContext,
  { edge: asked, images, media, network }: ProxyParts,
): Promise<Proxy> {
  const { baseImage, declaration, host, identity, onDocker, config } = context;
  const { edge: settings, shared } = await behindSharedProxy(context, asked);
  const change = await plannedPortChange(context, settings);
  const image = baseImage("nginx");
  const assets = new StaticFiles(
    "assets",
    {
      host,
      identity,
      folders: declaration.static,
      toolImage: baseImage("debian"),
      images: [images.current, images.canary].filter((one) => one !== undefined),
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
      published: { ports: proxyPorts(settings), change },
      network: network.edge,
      shared,
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
      trustedCa: config.trustedCa,
      ...readEdgeCredentials(),
    },
    { ...onDocker, dependsOn: proxy.admitted },
  );
  return {
    edge: settings,
    container: proxy.container,
    listener: proxy.listener,
    image,
    ready: [proxy.admitted, ...assets.published],
  };
}
