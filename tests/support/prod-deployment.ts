import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { parseSettings } from "../../stacks/parse.ts";
import { Deployment } from "./deployment.ts";
import { freePorts } from "./free-ports.ts";

/** A prod stack that is still to be deployed, and how its edge will be reached. */
export interface ProdDeployment {
  readonly deployment: Deployment;
  readonly edge: EdgeConfig;
  /** All of its settings, as `deployment.configure` takes them. */
  readonly settings: Record<string, string>;
}

/**
 * A prod stack with an edge on free ports of loopback.
 * @param more settings beside those of the edge
 * @param source folder of another version to deploy; this checkout by default
 */
export async function prodDeployment(
  more: Readonly<Record<string, string>>,
  source?: string,
): Promise<ProdDeployment> {
  const [httpPort = 0, httpsPort = 0] = await freePorts(2);
  const settings = {
    shape: "prod",
    domain: "example.org",
    tls: "selfsigned",
    proxyAddress: "127.0.0.1",
    httpPort: String(httpPort),
    httpsPort: String(httpsPort),
    ...more,
  };
  const deployment = await Deployment.of("prod", namedAsIn(source, settings), source);
  const { edge } = parseSettings(deployment.stack, settings);
  assert.ok(edge);
  return { deployment, edge, settings };
}

/** Settings by the names that a version has for them. */
function namedAsIn(source: string | undefined, settings: Record<string, string>): Record<string, string> {
  if (source === undefined || existsSync(join(source, "stacks/parse.ts"))) return settings;
  const { proxyAddress = "", ...others } = settings;
  return { ...others, edgeAddress: proxyAddress };
}
