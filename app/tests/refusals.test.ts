import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Answered, addUser, type Client, createClient } from "./support/client.ts";
import { startTestApp, type TestApp } from "./support/test-app.ts";
import type { Route } from "../src/platform/http/route.ts";

/**
 * What anybody may call. A new public route has to be added here, and so passes under somebody's eyes; every other
 * route is tried by people who may not call it.
 */
const open = new Set([
  "GET /",
  "GET /api",
  "GET /api/v1/openapi.json",
  "GET /health/live",
  "GET /health/ready",
  "GET /health/startup",
  "GET /login",
  "POST /login",
  "POST /login/code",
  "GET /register",
  "POST /register",
  "GET /forgot",
  "POST /forgot",
  "GET /verify",
  "POST /verify",
  "GET /reset",
  "POST /reset",
  "POST /api/v1/session",
  "POST /api/v1/account/registrations",
  "POST /api/v1/account/registrations/confirm",
  "POST /api/v1/account/password-resets",
  "POST /api/v1/account/password-resets/confirm",
  "GET /media/:name",
]);

let app: TestApp;
let user: Client;
let staff: Client;
let admin: Client;

before(async () => {
  app = await startTestApp();
  user = await addUser(app, "user");
  staff = await addUser(app, "staff");
  admin = await addUser(app, "admin");
});

after(async () => {
  await app.close();
});

const nameOf = ({ method, path }: Route) => `${method.toUpperCase()} ${path}`;
const addressOf = ({ path }: Route) => path.replaceAll(/:\w+/g, "1");

function send(
  client: Client,
  route: Route,
  more: { headers?: Record<string, string>; withoutToken?: boolean } = {},
): Promise<Answered> {
  const content = route.method === "get" ? {} : route.kind === "page" ? { form: {} } : { body: {} };
  return client.call(route.method.toUpperCase(), addressOf(route), { ...content, ...more });
}

/** People are sent to the login page, programs told. */
function isRefusedWithoutSession({ kind, method }: Route, { status, headers }: Answered): boolean {
  return kind === "page" && method === "get"
    ? status === 303 && (headers.get("location") ?? "").startsWith("/login")
    : status === 401;
}

describe("every route", () => {
  test("is public only if the list above says so", () => {
    const found = app.routes.filter(({ access }) => access === "public").map(nameOf);
    assert.deepEqual(
      found.filter((name) => !open.has(name)),
      [],
    );
  });

  test("that is not public refuses who has no session", async () => {
    for (const route of app.routes.filter(({ access }) => access !== "public")) {
      const answer = await send(createClient(app), route, {
        headers: { Accept: route.kind === "page" ? "text/html" : "application/json" },
      });
      assert.ok(isRefusedWithoutSession(route, answer), `${nameOf(route)} answered ${answer.status}`);
    }
  });

  test("that needs a role or permission refuses who lacks it", async () => {
    for (const route of app.routes) {
      const { access } = route;
      const lacking =
        access === "admin"
          ? [user, staff]
          : access === "staff"
            ? [user]
            : typeof access === "object"
              ? [user, staff]
              : [];
      for (const client of lacking) assert.equal((await send(client, route)).status, 403, nameOf(route));
    }
  });

  test("that changes something refuses a foreign origin, whoever asks", async () => {
    for (const route of app.routes.filter(({ method }) => method !== "get")) {
      for (const headers of [
        { Origin: "https://evil.example.test" },
        { Origin: "null" },
        { "Sec-Fetch-Site": "cross-site" },
        { "Sec-Fetch-Site": "same-site" },
      ]) {
        assert.equal(
          (await send(admin, route, { headers })).status,
          403,
          `${nameOf(route)} ${JSON.stringify(headers)}`,
        );
      }
    }
  });

  test("that changes something refuses a session without the token", async () => {
    for (const route of app.routes.filter(
      ({ method, streams, kind }) => method !== "get" && !(streams && kind === "page"),
    )) {
      const answer = await send(admin, route, { withoutToken: true });
      assert.equal(answer.status, 403, `${nameOf(route)} answered ${answer.status}`);
    }
  });

  test("that takes a page's form refuses an anonymous browser without the token", async () => {
    for (const route of app.routes.filter(
      ({ method, kind, access }) => method !== "get" && kind === "page" && access === "public",
    )) {
      assert.equal((await send(createClient(app), route)).status, 403, nameOf(route));
    }
  });
});
