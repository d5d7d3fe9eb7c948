import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addUser, password, tokenIn } from "../../../tests/support/client.ts";
import { type RawAnswer, rawCall } from "../../../tests/support/raw-call.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";

let app: TestApp;
let email: string;

before(async () => {
  app = await startTestApp({
    environment: {
      PUBLIC_URL: "https://example.test",
      PUBLIC_URLS: "https://example.test,https://*.example.test,http://example.lan:8081",
      TRUST_PROXY: "1",
    },
  });
  ({ email } = await addUser(app, "user"));
});

after(() => app.close());

/**
 * What the stack's own proxy says of a request to `origin`, and what the browser says of itself.
 */
function hop(origin: string): Record<string, string> {
  const { protocol, hostname } = new URL(origin);
  return {
    Host: hostname,
    "X-Forwarded-Host": hostname,
    "X-Forwarded-Proto": protocol.slice(0, -1),
    Origin: origin,
  };
}

function cookiesOf({ headers }: RawAnswer): string[] {
  return (headers["set-cookie"] ?? []).map((line) => line);
}

const pairs = (lines: readonly string[]) => lines.map((line) => line.split(";")[0]).join("; ");

/** Loads the sign-in page at one name and sends its form. */
async function signIn(origin: string, sentFrom = origin): Promise<RawAnswer> {
  const page = await rawCall(app.url, { path: "/login", headers: hop(origin) });
  const form = new URLSearchParams({ _token: tokenIn(page.text), email, password });
  return rawCall(app.url, {
    method: "POST",
    path: "/login",
    headers: {
      ...hop(origin),
      Origin: sentFrom,
      Cookie: pairs(cookiesOf(page)),
      "Content-Type": "application/x-www-form-urlencoded",
    },
    body: form.toString(),
  });
}

test("people sign in on every name, with cookies after the scheme they came by", async () => {
  for (const origin of ["https://example.test", "https://www.example.test", "https://shop.example.test"]) {
    const answer = await signIn(origin);
    assert.equal(answer.status, 303, `${origin}: ${answer.text}`);
    assert.match(
      cookiesOf(answer)[0] ?? "",
      /^__Host-session=[^;]+; Path=\/; HttpOnly; SameSite=Lax; Secure; Max-Age=\d+$/,
    );
  }
  const plain = await signIn("http://example.lan:8081");
  assert.equal(plain.status, 303, plain.text);
  assert.match(
    cookiesOf(plain)[0] ?? "",
    /^session-test=[^;]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+$/,
  );
});

test("a page of another site, or of another name of ours, cannot sign a person in", async () => {
  for (const origin of ["https://evil.test", "https://www.example.test", "http://example.test", "null"]) {
    assert.equal((await signIn("https://example.test", origin)).status, 403, origin);
  }
});

test("the API takes calls of every name's pages, and of no others", async () => {
  const call = (headers: Readonly<Record<string, string>>) =>
    rawCall(app.url, {
      method: "POST",
      path: "/api/v1/session",
      headers: { ...headers, "Content-Type": "application/json" },
      body: JSON.stringify({ email, password }),
    });
  assert.equal((await call(hop("https://www.example.test"))).status, 204);
  assert.equal((await call({ ...hop("https://example.test"), Origin: "https://evil.test" })).status, 403);
});

test("links in mail lead to the canonical name, whichever was asked", async () => {
  const headers = { ...hop("https://www.example.test"), "Content-Type": "application/json" };
  const body = JSON.stringify({ email });
  const path = "/api/v1/account/password-resets";
  assert.equal((await rawCall(app.url, { method: "POST", path, headers, body })).status, 202);
  await app.runJobs();
  assert.match(app.mails.at(-1)?.text ?? "", /^https:\/\/example\.test\/reset/m);
});

test("a cookie that another stack signed is left alone, one of an ended session is cleared", async () => {
  const origin = "http://example.lan:8081";
  const cleared = async (cookie: string) => {
    const answer = await rawCall(app.url, { path: "/login", headers: { ...hop(origin), Cookie: cookie } });
    return cookiesOf(answer).filter((line) => line.includes("Max-Age=0"));
  };
  assert.deepEqual(await cleared("session-test=abcdefghijklmnop.signed-by-somebody-else"), []);
  assert.deepEqual(await cleared("session=abcdefghijklmnop.signed-by-somebody-else"), []);
  const mine = pairs(cookiesOf(await signIn(origin)).filter((line) => line.startsWith("session-test=")));
  assert.deepEqual(await cleared(mine), []);
  await app.database("sessions").delete();
  assert.equal((await cleared(mine)).length, 1);
});
