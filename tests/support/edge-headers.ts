import assert from "node:assert/strict";
import { headers as applicationHeaders } from "../../app/src/platform/http/security-headers.ts";
import type { EdgeAnswer } from "./edge-client.ts";

/** Each security header exactly once, whether Nginx or the application answered. */
export function assertHeadersOnce(answer: EdgeAnswer, what: string): void {
  for (const header of [...Object.keys(applicationHeaders), "Strict-Transport-Security", "X-Request-Id"]) {
    const times = answer.headerNames.filter((name) => name === header.toLowerCase()).length;
    assert.equal(times, 1, `${header} is sent ${times} times with ${what}`);
  }
}
