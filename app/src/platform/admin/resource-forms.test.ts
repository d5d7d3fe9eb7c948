import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addUser, type Client, formOf, password, tokenIn } from "../../../tests/support/client.ts";
import { createSamples, sampleModule } from "../../../tests/support/samples.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";

let app: TestApp;
let staff: Client;

before(async () => {
  app = await startTestApp({ modules: [sampleModule], environment: { TIME_ZONE: "Europe/Moscow" } });
  await createSamples(app.database);
  staff = await addUser(app, "staff", { samples: "delete" });
});

after(async () => {
  await app.close();
});

const make = async (body: object) => {
  const created = await staff.call("POST", "/api/v1/samples", { body });
  assert.equal(created.status, 201, created.text);
  const id = created.json<{ id: number }>().id;
  return { id, page: `/admin/samples/${id}`, api: `/api/v1/samples/${id}` };
};

const open = async (page: string) => formOf((await staff.call("GET", page)).text);
const send = (page: string, form: Readonly<Record<string, string>>) =>
  staff.call("POST", page, { form, withoutToken: true });

test("a second editor keeps what they typed, sees what is stored, and may save all the same", async () => {
  const { page, api } = await make({ code: "two", title: "Harbour", story: "first" });
  const [first, second] = [await open(page), await open(page)];
  assert.equal((await send(page, { ...first, title: "Harbour at dawn" })).status, 303);
  const stale = await send(page, { ...second, title: "Harbour in fog", story: "a long story", kind: "wet" });
  assert.equal(stale.status, 412);
  assert.match(stale.text, /Somebody else changed this meanwhile/);
  const shown = formOf(stale.text);
  assert.deepEqual(
    [shown["title"], shown["story"], shown["kind"]],
    ["Harbour in fog", "a long story", "wet"],
  );
  for (const stored of ["Harbour at dawn", "first", "Dry goods"])
    assert.match(stale.text, new RegExp(`Stored now: ${stored}`));
  assert.doesNotMatch(stale.text, /Stored now: two/, "what does not differ is not told");
  assert.equal((await send(page, shown)).status, 303, "saved with open eyes");
  assert.equal((await staff.call("GET", api)).json()["title"], "Harbour in fog");
});

test("an editor whose entry was deleted keeps what they typed, and can create it again", async () => {
  const { page, api } = await make({ code: "gone", title: "Ferry" });
  const form = await open(page);
  assert.equal((await staff.call("DELETE", api)).status, 204);
  const refused = await send(page, { ...form, title: "Ferry to Riga" });
  assert.equal(refused.status, 404);
  assert.match(refused.text, /Somebody else deleted this meanwhile/);
  const again = formOf(refused.text);
  assert.equal(again["title"], "Ferry to Riga");
  assert.equal((await send("/admin/samples/new", again)).status, 303);
});

test("an entry that changed after the question is not deleted by its answer", async () => {
  const { page, api } = await make({ code: "asked", title: "Asked" });
  const question = await open(`${page}/delete`);
  assert.equal((await send(page, { ...(await open(page)), title: "Now dear" })).status, 303);
  const answer = await send(`${page}/delete`, question);
  assert.equal(answer.status, 412);
  assert.match(answer.text, /Look at it again before you delete it/);
  assert.equal((await staff.call("GET", api)).status, 200);
  assert.equal((await send(`${page}/delete`, formOf(answer.text))).status, 303);
});

test("deleted rows can be found and read with the right to see the others", async () => {
  const { page } = await make({ code: "read", title: "Lighthouse", story: "built in 1904" });
  assert.equal((await send(`${page}/delete`, await open(`${page}/delete`))).status, 303);
  const viewer = await addUser(app, "staff", { samples: "view" });
  const list = await viewer.call("GET", "/admin/samples");
  assert.match(list.text, /href="\/admin\/samples\/deleted"/);
  const deleted = await viewer.call("GET", "/admin/samples/deleted");
  assert.match(deleted.text, new RegExp(`<a href="${page}">Lighthouse</a>`));
  const history = await viewer.call("GET", page);
  assert.equal(history.status, 404);
  assert.match(history.text, /built in 1904/);
  assert.match(history.text, /staff\d+@example\.test/);
  const stranger = await addUser(app, "staff", {});
  for (const address of [page, "/admin/samples/deleted"])
    assert.equal((await stranger.call("GET", address)).status, 403, address);
  assert.equal((await viewer.call("GET", "/admin/samples/999999")).status, 404);
});

test("the list of deleted rows has pages", async () => {
  const { rows } = await app.database.raw<{ rows: { id: number }[] }>(
    "insert into samples (code) select 'many ' || n from generate_series(1, 60) n returning id",
  );
  const ids = rows.map(({ id }) => String(id));
  const form = new URLSearchParams({ _token: (await open("/admin/samples/new"))["_token"] ?? "" });
  form.set("confirmed", "yes");
  for (const id of ids) form.append("id", id);
  const asked = await staff.call("POST", "/admin/samples/bulk", { raw: form, withoutToken: true });
  assert.equal(asked.status, 303);
  const seen = new Set<string>();
  for (let address: string | undefined = "/admin/samples/deleted"; address;) {
    const { text } = await staff.call("GET", address);
    for (const [, id = ""] of text.matchAll(/href="\/admin\/samples\/(\d+)"/g)) seen.add(id);
    address = /href="(\/admin\/samples\/deleted\?before=\d+)"/.exec(text)?.[1];
  }
  assert.ok(ids.every((id) => seen.has(id)));
});

test("a moment is edited on the stack's clock, and saving it untouched keeps it to the millisecond", async () => {
  const { page, api } = await make({ code: "time", startsAt: "2026-01-01T21:30:05.120Z" });
  const { text } = await staff.call("GET", page);
  assert.match(text, /Time zone: Europe\/Moscow/);
  const form = formOf(text);
  assert.equal(form["startsAt"], "2026-01-02T00:30:05.120");
  assert.equal((await send(page, { ...form, title: "Renamed" })).status, 303);
  assert.equal((await staff.call("GET", api)).json()["startsAt"], "2026-01-01T21:30:05.120Z");
  await app.database("samples").where({ code: "time" }).update({ starts_at: "2010-10-30T23:30:00Z" });
  const twice = await open(page);
  assert.equal(twice["startsAt"], "2010-10-31T02:30:00");
  const first = await send(page, { ...twice, startsAt: "2010-10-31T02:30", title: "As browsers send it" });
  assert.equal(first.status, 303);
  assert.equal((await staff.call("GET", api)).json()["startsAt"], "2010-10-30T23:30:00.000Z");
  assert.equal((await send(page, { ...(await open(page)), startsAt: "2026-01-02T12:00:30" })).status, 303);
  assert.equal((await staff.call("GET", api)).json()["startsAt"], "2026-01-02T09:00:30.000Z");
  const refused = await send(page, { ...(await open(page)), startsAt: "soon" });
  assert.equal(refused.status, 400, "what is no time is refused");
  assert.equal(formOf(refused.text)["startsAt"], "soon");
});

test("a box that is emptied empties its field, if the field may be empty", async () => {
  const full = { code: "full", title: "Full", story: "s", weight: 1.5, day: "2026-11-21" };
  const { page, api } = await make({ ...full, startsAt: "2026-01-01T21:30:05.000Z", open: true });
  const emptied = { ...(await open(page)), title: "", story: "", weight: "", day: "", startsAt: "" };
  assert.equal((await send(page, emptied)).status, 303);
  const { title, story, weight, day, startsAt, open: ticked } = (await staff.call("GET", api)).json();
  assert.deepEqual([title, story, weight, day, startsAt, ticked], ["", "", null, null, null, true]);
  const refused = await send(page, { ...(await open(page)), code: "" });
  assert.match(refused.text, /This cannot be empty\./);
  assert.match(refused.text, /1 field needs attention/);
});

test("a form whose session has ended is given back, and can be sent after signing in", async () => {
  const editor = await addUser(app, "staff", { samples: "edit" });
  const { page, api } = await make({ code: "session", title: "Before" });
  const post = (form: Readonly<Record<string, string>>) =>
    editor.call("POST", page, { form, headers: { Accept: "text/html" }, withoutToken: true });
  const form = { ...formOf((await editor.call("GET", page)).text), title: "A long <text>" };
  await app.database("sessions").where({ user_id: editor.id }).delete();
  const over = await post(form);
  assert.equal(over.status, 401);
  assert.match(over.text, /<a href="\/login" target="_blank">Sign in<\/a>/);
  assert.match(over.text, /name="title" value="A long &lt;text&gt;"/);
  assert.equal((await editor.login(editor.email, password)).status, 204);
  const kept = { ...form, _token: tokenIn(over.text.slice(over.text.indexOf("<main"))) };
  const anew = await post(kept);
  assert.equal(anew.status, 403, "a token of the time before does nothing");
  assert.equal((await staff.call("GET", api)).json()["title"], "Before");
  const token = tokenIn(anew.text.slice(anew.text.indexOf("<main")));
  assert.match(anew.text, /name="title" value="A long &lt;text&gt;"/);
  assert.equal((await post({ ...kept, _token: token })).status, 303);
  assert.equal((await staff.call("GET", api)).json()["title"], "A long <text>");
  const viewer = await addUser(app, "staff", { samples: "view" });
  const refused = await viewer.call("POST", page, {
    form,
    headers: { Accept: "text/html" },
    withoutToken: true,
  });
  assert.equal(refused.status, 403);
  assert.doesNotMatch(refused.text, /A long/, "whoever lacks the right gets the refusal alone");
});
