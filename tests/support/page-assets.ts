import assert from "node:assert/strict";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { ask } from "./edge-client.ts";

/** Addresses of the static files that the first page names. */
export async function pageAssets(edge: EdgeConfig): Promise<string[]> {
  const { body } = await ask(edge, "/", { headers: { Accept: "text/html" } });
  return [...body.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, address]) => address ?? "");
}

/** The application says on each of its answers which release it is, and Nginx does not. */
export async function assertWithoutApplication(edge: EdgeConfig, path: string): Promise<void> {
  const answer = await ask(edge, path);
  assert.equal(answer.status, 200, path);
  assert.equal(answer.headers["x-release"], undefined, `${path} came from the application`);
}
