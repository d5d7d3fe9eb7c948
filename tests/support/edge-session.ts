import assert from "node:assert/strict";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { ask, cookiesOf } from "./edge-client.ts";

/** A person who is signed in. */
export interface Account {
  readonly email: string;
  readonly password: string;
}

/** The origin that a browser would name. */
export function originOf(edge: EdgeConfig): string {
  const port = edge.httpsPort === 443 ? "" : `:${edge.httpsPort}`;
  return `https://${edge.domain[0] ?? ""}${port}`;
}

/** Signs somebody in. @returns headers of their calls: cookie, token and origin */
export async function signIn(edge: EdgeConfig, account: Account) {
  const answer = await ask(edge, "/api/v1/session", {
    method: "POST",
    headers: { "Content-Type": "application/json", Origin: originOf(edge) },
    body: JSON.stringify(account),
  });
  assert.equal(answer.status, 204, answer.body);
  const cookie = cookiesOf(answer);
  const session = await ask(edge, "/api/v1/session", { headers: { Cookie: cookie } });
  const { csrfToken } = JSON.parse(session.body) as { csrfToken: string };
  return { Cookie: cookie, "X-CSRF-Token": csrfToken, Origin: originOf(edge) };
}
