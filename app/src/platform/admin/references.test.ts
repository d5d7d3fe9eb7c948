import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addUser } from "../../../tests/support/client.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";

let app: TestApp;
let visit: string;

before(async () => {
  app = await startTestApp();
  const admin = await addUser(app, "admin");
  const customer = await admin.call("POST", "/api/v1/customers", {
    body: { name: "Only For Some", email: "some@example.test" },
  });
  const { id: customerId } = customer.json<{ id: number }>();
  const created = await admin.call("POST", "/api/v1/visits", {
    body: { customerId, hall: "east", day: "2026-11-20" },
  });
  assert.equal(created.status, 201, created.text);
  visit = `/admin/visits/${created.json<{ id: number }>().id}`;
});

after(async () => {
  await app.close();
});

test("a person without the right to view a referenced row sees its number, without title or link", async () => {
  for (const [permissions, shown] of [
    [{ visits: "view" }, false],
    [{ visits: "view", customers: "view" }, true],
  ] as const) {
    const staff = await addUser(app, "staff", permissions);
    for (const page of ["/admin/visits", visit]) {
      const { status, text } = await staff.call("GET", page);
      assert.equal(status, 200);
      assert.equal(text.includes("Only For Some"), shown, page);
      assert.equal(/href="\/admin\/customers\/\d+"/.test(text), shown, page);
      assert.equal(/#\d+/.test(text), !shown, page);
    }
  }
});

test("files stand in the table of permissions beside the modules' resources", async () => {
  const admin = await addUser(app, "admin");
  const staff = await addUser(app, "staff");
  const page = `/admin/users/${staff.id}`;
  const saved = await admin.submit(page, page, { name: "Staff", role: "staff", "may-media": "view" });
  assert.equal(saved.status, 303, saved.text);
  const held = await app.database("permissions").where({ user_id: staff.id }).select("resource", "level");
  assert.deepEqual(held, [{ resource: "media", level: "view" }]);
});
