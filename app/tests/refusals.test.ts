import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Access } from "../src/platform/http/access.ts";
import { type Answered, addUser, type Client, createClient } from "./support/client.ts";
import { startTestApp, type TestApp } from "./support/test-app.ts";
import type { Route } from "../src/platform/http/route.ts";
import { neededFor } from "../src/platform/http/access.ts";
import { type Action, actions } from "../src/platform/sessions/session.ts";

/**
 * Public routes. A new one must be added here, and is therefore reviewed; every other
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
  "GET /invitation",
  "POST /invitation",
  "POST /api/v1/session",
  "POST /api/v1/account/registrations",
  "POST /api/v1/account/registrations/confirm",
  "POST /api/v1/account/invitations/accept",
  "POST /api/v1/account/password-resets",
  "POST /api/v1/account/password-resets/confirm",
  "GET /media/:name",
]);

let app: TestApp;
let user: Client;
let staff: Client;
let admin: Awaited<ReturnType<typeof addUser>>;

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

/** Works on all, a few at a time: a database that is asked by all at once refuses some. */
async function eachOf<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  for (let from = 0; from < items.length; from += 6) await Promise.all(items.slice(from, from + 6).map(work));
}

/** Tries routes. */
async function each(which: (route: Route) => boolean, check: (route: Route) => Promise<void>): Promise<void> {
  const tried = app.routes.filter(which);
  assert.ok(tried.length > 0);
  await eachOf(tried, check);
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

  test("that is not public refuses a request without a session", async () => {
    await each(
      ({ access }) => access !== "public",
      async (route) => {
        const answer = await send(createClient(app), route, {
          headers: { Accept: route.kind === "page" ? "text/html" : "application/json" },
        });
        assert.ok(isRefusedWithoutSession(route, answer), `${nameOf(route)} answered ${answer.status}`);
      },
    );
  });

  test("that needs a role or permission refuses people without it", async () => {
    const lacking = (access: Access) =>
      access === "staff" ? [user] : access === "admin" || typeof access === "object" ? [user, staff] : [];
    await each(
      ({ access }) => lacking(access).length > 0,
      async (route) => {
        for (const client of lacking(route.access)) {
          assert.equal((await send(client, route)).status, 403, nameOf(route));
        }
      },
    );
  });

  /** Actions on resources that no route does, because nothing there can be done. */
  const without = new Set(["invitations change"]);

  test("that needs a right on a resource refuses whoever holds every right but this one, action by action", async () => {
    const needed = app.routes.flatMap((route) =>
      typeof route.access === "object" ? [{ route, ...route.access, needs: neededFor(route.access) }] : [],
    );
    const resources = [...new Set(needed.map(({ resource }) => resource))];
    const tried: string[] = [];
    for (const resource of resources) {
      const elsewhere = resources.filter((name) => name !== resource).map((name) => [name, actions] as const);
      for (const missing of actions) {
        const held: readonly Action[] = actions.filter((action) => action !== missing);
        const client = await addUser(app, "staff", Object.fromEntries([...elsewhere, [resource, held]]));
        const routes = needed.filter((one) => one.resource === resource && one.needs.includes(missing));
        if (routes.length > 0) tried.push(`${resource} ${missing}`);
        await eachOf(routes, async ({ route }) => {
          const { status } = await send(client, route);
          assert.equal(status, 403, `${nameOf(route)} without the right to ${missing}`);
        });
      }
    }
    const all = resources.flatMap((resource) => actions.map((action) => `${resource} ${action}`));
    assert.deepEqual(
      tried,
      all.filter((name) => !without.has(name)),
    );
  });

  test("that changes something refuses a foreign origin from everyone", async () => {
    const foreign = [
      { Origin: "https://evil.example.test" },
      { Origin: "null" },
      { "Sec-Fetch-Site": "cross-site" },
      { "Sec-Fetch-Site": "same-site" },
    ];
    await each(
      ({ method }) => method !== "get",
      async (route) => {
        for (const headers of foreign) {
          const { status } = await send(admin, route, { headers });
          assert.equal(status, 403, `${nameOf(route)} ${JSON.stringify(headers)}`);
        }
      },
    );
  });

  test("that changes something refuses a session without the token", async () => {
    await each(
      ({ method, form, kind }) => method !== "get" && !(form && kind === "page"),
      async (route) => {
        const answer = await send(admin, route, { withoutToken: true });
        assert.equal(answer.status, 403, `${nameOf(route)} answered ${answer.status}`);
      },
    );
  });

  /**
   * What belongs to one person, and who else must get nothing of it: neither its content nor that
   * it exists.
   */
  const owned = new Set([
    "GET /api/v1/media/:id/content",
    "GET /api/v1/media/:id/thumbnail",
    "DELETE /api/v1/media/:id",
    "DELETE /api/v1/account/sessions/:id",
    "POST /account/sessions/:id/end",
  ]);

  test("on an object that is open to everyone signed in has a known owner", () => {
    const found = app.routes.filter(({ access, path }) => access === "signed-in" && path.includes("/:"));
    assert.deepEqual(found.map(nameOf).sort(), [...owned].sort());
  });

  test("on a person's own object answers others as if it did not exist", async () => {
    const [media] = await app
      .database("media")
      .insert({
        name: "private/00000000-0000-4000-8000-000000000000.jpg",
        original_name: "secret plan.jpg",
        content_type: "image/jpeg",
        bytes: 1,
        private: true,
        owner_id: admin.id,
        has_thumbnail: true,
      })
      .returning<{ id: number }[]>("id");
    const session = await app.database("sessions").where({ user_id: admin.id }).first<{ id: number }>("id");
    for (const route of app.routes.filter((candidate) => owned.has(nameOf(candidate)))) {
      const theirs = route.path.includes("media") ? media?.id : session.id;
      const answers = await Promise.all(
        [theirs, 987_654_321].map((id) =>
          user.call(
            route.method.toUpperCase(),
            route.path.replace(":id", String(id)),
            route.kind === "page" ? { form: {} } : {},
          ),
        ),
      );
      assert.deepEqual(
        answers.map(({ status }) => status),
        [404, 404],
        nameOf(route),
      );
      for (const { text } of answers) assert.ok(!text.includes("secret plan"), nameOf(route));
    }
    assert.ok(await app.database("media").where({ id: media?.id }).first());
    assert.equal((await admin.call("GET", "/api/v1/session")).status, 200, "the session goes on");
    await app.database("media").where({ id: media?.id }).delete();
  });

  test("that takes a page's form refuses an anonymous browser without the token", async () => {
    await each(
      ({ method, kind, access }) => method !== "get" && kind === "page" && access === "public",
      async (route) => {
        assert.equal((await send(createClient(app), route)).status, 403, nameOf(route));
      },
    );
  });
});
