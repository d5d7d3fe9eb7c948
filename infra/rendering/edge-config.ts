import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { applicationFiles } from "./edge-app.ts";
import { edgePorts } from "./edge-paths.ts";
import type { EdgeConfig } from "../../stacks/edge.ts";
import type { EdgeRelease } from "./edge-release.ts";
import { type EdgeLocale, errorPages } from "./error-pages.ts";
import { mainConfig } from "./nginx-main.ts";
import { limitFiles } from "./nginx-maps.ts";
import { canaryFiles } from "./nginx-canary.ts";
import { replicaNames, upstreamFile } from "./nginx-upstream.ts";

/** A complete configuration: files by path inside the set's folder, and the set's name. */
export interface NginxConfig {
  /** First 16 hex digits of the SHA-256 over all files: the same input gives the same set. */
  readonly set: string;
  readonly files: Readonly<Record<string, string>>;
}

/** Files of the checkout's `nginx/` that belong to every set. */
function shippedFiles(folder: string): Record<string, string> {
  return Object.fromEntries(
    ["snippets", "features", "bin", "pages"].flatMap((part) =>
      readdirSync(join(folder, part))
        .sort()
        .map((name) => [`${part}/${name}`, readFileSync(join(folder, part, name), "utf8")]),
    ),
  );
}

/** HTTP/3 beside TCP, and where browsers learn of it. https://nginx.org/en/docs/quic.html */
function http3Files(edge: EdgeConfig): Record<string, string> {
  if (!edge.http3 || edge.tls === "off") return {};
  return {
    "features/http3-site.conf": `listen ${edgePorts.https} quic;\nadd_header Alt-Svc 'h3=":${edge.httpsPort}"; ma=86400' always;\n`,
    "features/http3-unknown.conf": `listen ${edgePorts.https} quic reuseport default_server;\n`,
  };
}

/**
 * Renders the configuration of one release of one stack.
 *
 * @param shippedFolder the checkout's `nginx/` folder; its snippets, scripts and style are part of
 * the set
 */
export function nginxConfig(
  edge: EdgeConfig,
  release: EdgeRelease,
  locale: EdgeLocale,
  shippedFolder: string = join(import.meta.dirname, "../../nginx"),
): NginxConfig {
  const pages = Object.entries(errorPages()).map(([name, text]) => [`pages/${name}`, text] as const);
  const originPullsCa = edge.tls === "cloudflare" ? edge.originPullsCa : undefined;
  const files: Record<string, string> = {
    ...shippedFiles(shippedFolder),
    ...Object.fromEntries(pages),
    ...http3Files(edge),
    ...limitFiles(edge),
    ...applicationFiles(release.app),
    ...(originPullsCa === undefined ? {} : { "origin-pulls-ca.pem": originPullsCa }),
    "nginx.conf": mainConfig(edge, release.app, locale),
    ...canaryFiles(release),
    "upstream.conf": upstreamFile(release),
    upstreams: replicaNames(release),
  };
  return { set: setName(files), files };
}

/** @returns the name of the set that consists of these files */
export function setName(files: Readonly<Record<string, string>>): string {
  const hash = createHash("sha256");
  for (const path of Object.keys(files).sort()) hash.update(`${path}\0${files[path] ?? ""}\0`);
  return hash.digest("hex").slice(0, 16);
}
