import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";

let app: TestApp;

before(async () => {
  app = await startTestApp();
});

after(async () => {
  await app.close();
});

function post(body: unknown): Promise<Response> {
  return fetch(`${app.url}/api/v1/customers`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

test("a created customer is in Postgres and comes first in the list", async () => {
  await post({ name: "Anna", email: "anna@example.test" });
  const created = await post({ name: " Boris ", email: "boris@example.test", city: "Tver" });
  assert.equal(created.status, 201);
  const boris = (await created.json()) as { id: number; name: string };
  assert.equal(boris.name, "Boris");
  const first = (await (await fetch(`${app.url}/api/v1/customers?limit=1`)).json()) as {
    items: { name: string }[];
    next: string;
  };
  assert.deepEqual(
    first.items.map(({ name }) => name),
    ["Boris"],
  );
  const second = (await (await fetch(`${app.url}/api/v1/customers?limit=1&after=${first.next}`)).json()) as {
    items: { name: string }[];
    next: unknown;
  };
  assert.deepEqual(
    second.items.map(({ name }) => name),
    ["Anna"],
  );
  assert.equal(second.next, null);
});

test("every invalid field is named at once", async () => {
  const response = await post({ name: "", email: "nobody", colour: "red" });
  assert.equal(response.status, 400);
  const problem = (await response.json()) as { code: string; errors: { in: string; field: string }[] };
  assert.equal(problem.code, "invalid-input");
  assert.deepEqual(problem.errors.map(({ in: place, field }) => `${place} ${field}`).sort(), [
    "body ",
    "body email",
    "body name",
  ]);
});

test("an address that differs by case only is a conflict", async () => {
  await post({ name: "Clara", email: "clara@example.test" });
  const again = await post({ name: "Clara", email: "Clara@Example.test" });
  assert.equal(again.status, 409);
});

test("broken JSON, and a body over the limit, are told apart", async () => {
  assert.equal((await post("{")).status, 400);
  assert.equal((await post({ name: "x".repeat(200_000), email: "a@b.test" })).status, 413);
});
