import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { addUser, type Client, createClient, password } from "../../../tests/support/client.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";
import { isLite } from "../../../tests/support/test-database.ts";
import { holdGroups, joinGroups } from "../accounts/join-groups.ts";
import { createGroupStore } from "./group-store.ts";

let app: TestApp;
let admin: Awaited<ReturnType<typeof addUser>>;

before(async () => {
  app = await startTestApp();
  admin = await addUser(app, "admin");
});

after(() => app.close());

/** Sends a page's form as a browser does, each name as often as it has values. */
async function send(client: Client, page: string, fields: readonly (readonly [string, string])[]) {
  const token = /name="_token" value="([^"]+)"/.exec((await client.call("GET", page)).text)?.[1] ?? "";
  const raw = new URLSearchParams({ _token: token });
  for (const [name, value] of fields) raw.append(name, value);
  return client.call("POST", page, { raw, withoutToken: true });
}

async function group(name: string, rights: Readonly<Record<string, readonly string[]>>): Promise<number> {
  const boxes = Object.entries(rights).flatMap(([resource, actions]) =>
    actions.map((action) => [`may-${resource}`, action] as const),
  );
  const made = await send(admin, "/admin/groups/new", [["name", name], ...boxes]);
  assert.equal(made.status, 303, made.text);
  return Number(/groups\/(\d+)/.exec(made.headers.get("location") ?? "")?.[1]);
}

const statuses = async (client: Client) =>
  Promise.all(
    ["customers", "visits"].map(async (name) => (await client.call("GET", `/api/v1/${name}`)).status),
  );

test("a group's rights hold at once on top of a person's own, and go with the membership, the right or the group", async () => {
  const id = await group("Front desk", { visits: ["add"] });
  const staff = await addUser(app, "staff", { customers: ["view"] });
  assert.deepEqual(await statuses(staff), [200, 403]);
  const page = `/admin/users/${staff.id}`;
  const own = [
    ["name", "Staff"],
    ["role", "staff"],
    ["may-customers", "view"],
  ] as const;
  await send(admin, page, [...own, ["group", String(id)]]);
  assert.deepEqual(await statuses(staff), [200, 200], "whoever may add may view");
  const shown = (await admin.call("GET", page)).text;
  assert.match(shown, new RegExp(`name="group"\\s+value="${id}"[^>]*checked`));
  assert.match(
    shown,
    /name="may-visits"\s+value="add"[^>]*\/><span class="hidden"[^>]*>Add<\/span><span class="tag"[^>]*>by group/,
  );
  assert.doesNotMatch(shown, /name="may-visits"\s+value="add"[^>]*checked/);
  assert.equal((await staff.call("POST", "/api/v1/customers", { body: {} })).status, 403);

  await send(admin, `/admin/groups/${id}`, [
    ["name", "Front desk"],
    ["may-customers", "delete"],
  ]);
  assert.deepEqual(await statuses(staff), [200, 403]);
  assert.equal((await staff.call("DELETE", "/api/v1/customers/987654")).status, 404, "may delete now");

  await send(admin, page, own);
  assert.equal((await staff.call("DELETE", "/api/v1/customers/987654")).status, 403);
  await send(admin, page, [...own, ["group", String(id)]]);
  assert.match((await admin.call("GET", `/admin/groups/${id}`)).text, new RegExp(`href="${page}"`));
  const gone = await send(admin, `/admin/groups/${id}/delete`, []);
  assert.equal(gone.headers.get("location"), "/admin/groups?done=deleted");
  assert.equal((await staff.call("DELETE", "/api/v1/customers/987654")).status, 403);
  assert.deepEqual(await statuses(staff), [200, 403], "their own right stays");
});

test("a group's name is needed and taken once; what was ticked is kept", async () => {
  await group("Twice", { visits: ["view"] });
  for (const [name, status] of [
    ["twice", 409],
    [" ", 400],
    ["x".repeat(101), 400],
  ] as const) {
    const refused = await send(admin, "/admin/groups/new", [
      ["name", name],
      ["may-visits", "change"],
    ]);
    assert.equal(refused.status, status);
    assert.match(refused.text, /name="may-visits"\s+value="change"[^>]*checked/);
  }
});

test("what an earlier release wrote about a person stays theirs beside a group's rights", async () => {
  const staff = await addUser(app, "staff", { customers: "edit" });
  const id = await group("Beside", { visits: ["view"] });
  await app.database("group_members").insert({ group_id: id, user_id: staff.id });
  await send(admin, `/admin/groups/${id}`, [
    ["name", "Beside"],
    ["may-visits", "view"],
    ["may-customers", "delete"],
  ]);
  const held = await app
    .database("permissions")
    .where({ user_id: staff.id })
    .orderBy("resource")
    .select<{ resource: string; level: string; own: string[] }[]>("resource", "level", "own");
  assert.deepEqual(held, [
    { resource: "customers", level: "delete", own: ["view", "add", "change"] },
    { resource: "visits", level: "view", own: [] },
  ]);
});

test("an earlier release lets people do with files what they may, which nobody may change", async () => {
  for (const [actions, level] of [
    [["view"], "view"],
    [["add"], "edit"],
    [["view", "delete"], "view"],
    [["view", "add", "delete"], "delete"],
  ] as const) {
    const staff = await addUser(app, "staff");
    await send(admin, `/admin/users/${staff.id}`, [
      ["name", "Staff"],
      ["role", "staff"],
      ...["media", "invitations"].flatMap((about) =>
        actions.map((action) => [`may-${about}`, action] as const),
      ),
    ]);
    const held = await app
      .database("permissions")
      .where({ user_id: staff.id })
      .select<{ level: string }[]>("level");
    assert.deepEqual(held, [{ level }, { level }], actions.join());
  }
});

test("of hundreds of groups none is forgotten when a member is saved", async () => {
  const { rows } = await app.database.raw<{ rows: { id: number }[] }>(
    "insert into groups (name) select 'many ' || lpad(n::text, 3, '0') from generate_series(1, 230) n returning id",
  );
  const staff = await addUser(app, "staff");
  const page = `/admin/users/${staff.id}`;
  const ticked = rows.map(({ id }) => ["group", String(id)] as const);
  const member = async () => (await app.database("group_members").where({ user_id: staff.id })).length;
  const fields = [["name", "Staff"], ["role", "staff"], ...ticked] as const;
  assert.equal((await send(admin, page, fields)).status, 303);
  assert.equal(await member(), 230);
  const boxes = [...(await admin.call("GET", page)).text.matchAll(/<input[^>]*name="group"[^>]*>/g)];
  const checked = boxes.filter(([tag]) => /\schecked/.test(tag));
  assert.equal(checked.length, 230, "all are offered again");
  assert.match((await admin.call("GET", "/admin/groups")).text, />many 230</);
});

const skip = isLite && "PGlite has one session";
const changesOfGroups = {
  deleted: (id: number) => createGroupStore(app.pool).delete(id),
  "without its right": (id: number) =>
    createGroupStore(app.pool).change(id, { name: `Left ${id}`, rights: {} }),
};
for (const [becomes, change] of Object.entries(changesOfGroups)) {
  test(`a group that is ${becomes} while somebody joins it leaves them no right`, { skip }, async () => {
    const id = await group(`Joined, then ${becomes}`, { visits: ["view"] });
    const staff = await addUser(app, "staff");
    const joining = await app.pool.transaction();
    await joining.raw("set local idle_in_transaction_session_timeout = 0");
    const { rows } = await joining.raw<{ rows: { pid: number }[] }>("select pg_backend_pid() as pid");
    await joinGroups(joining, staff.id, await holdGroups(joining, [id]));
    const state = { done: false };
    const changed = change(id).finally(() => (state.done = true));
    const waits = "select from pg_stat_activity where ? = any(pg_blocking_pids(pid))";
    const isWaiting = async () =>
      (await app.database.raw<{ rows: unknown[] }>(waits, [rows[0]?.pid ?? 0])).rows.length > 0;
    while (!state.done && !(await isWaiting())) await sleep(20);
    await joining.commit();
    await changed;
    assert.deepEqual(await statuses(staff), [403, 403]);
    assert.equal((await app.database("permissions").where({ user_id: staff.id })).length, 0);
  });
}

test("changes of groups stand in the audit log", async () => {
  const id = await group("Watched", { visits: ["view"] });
  await send(admin, `/admin/groups/${id}`, [["name", "Watched"]]);
  await send(admin, `/admin/groups/${id}/delete`, []);
  const lines = await app
    .database("audit_events")
    .where({ subject: "Watched", actor_id: admin.id })
    .orderBy("id")
    .select<{ event: string }[]>("event");
  assert.deepEqual(
    lines.map(({ event }) => event),
    ["group-created", "group-changed", "group-deleted"],
  );
});

/** Accepts the invitation that was mailed last, and returns who opened an account so. */
async function accept(email: string): Promise<Client> {
  await app.runJobs();
  const token = /token=([\w-]+)/.exec(app.mails.at(-1)?.text ?? "")?.[1] ?? "";
  const client = createClient(app);
  const body = { token, email, name: "Colleague", password };
  const opened = await client.call("POST", "/api/v1/account/invitations/accept", { body });
  assert.equal(opened.status, 204, opened.text);
  return client;
}

test("a colleague who is invited to a group may do what it says from the first minute, and nothing else", async () => {
  const id = await group("Visits only", { visits: ["view"] });
  const invited = await send(admin, "/admin/invitations", [
    ["email", "visits@example.test"],
    ["group", String(id)],
  ]);
  assert.equal(invited.status, 303, invited.text);
  assert.match((await admin.call("GET", "/admin/invitations")).text, /Visits only/);
  const colleague = await accept("visits@example.test");
  assert.deepEqual(await statuses(colleague), [403, 200]);
  const home = (await colleague.call("GET", "/admin")).text;
  assert.match(home, /href="\/admin\/visits"/);
  assert.doesNotMatch(home, /href="\/admin\/customers"/);
});

test("only administrators give groups away, and only while they are", async () => {
  const id = await group("Far too much", { customers: ["delete"] });
  const staff = await addUser(app, "staff", { invitations: ["view", "add"] });
  assert.doesNotMatch((await staff.call("GET", "/admin/invitations")).text, /Far too much/);
  await send(staff, "/admin/invitations", [
    ["email", "by-staff@example.test"],
    ["group", String(id)],
  ]);
  assert.deepEqual(await statuses(await accept("by-staff@example.test")), [403, 403]);

  const leaving = await addUser(app, "admin");
  await send(leaving, "/admin/invitations", [
    ["email", "late@example.test"],
    ["group", String(id)],
  ]);
  await app.database("users").where({ id: leaving.id }).update({ role: "staff" });
  assert.deepEqual(await statuses(await accept("late@example.test")), [403, 403]);
});
