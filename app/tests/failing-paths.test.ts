import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { addUser, type Answered, type Client, createClient } from "./support/client.ts";
import { type Pair, startPair, until } from "./support/program.ts";
import { createMailServer, type MailServer } from "./support/smtp-server.ts";
import { createTestDatabase, isLite, type TestDatabase } from "./support/test-database.ts";

const skip = isLite ? "needs a Postgres that other processes reach" : false;
const customers = "/api/v1/customers";

await describe("what people send on paths that fail", { skip }, () => {
  let home: TestDatabase;
  let folder: string;
  let server: MailServer;
  let pair: Pair;
  let anonymous: Client;
  let staff: Client & { readonly email: string };
  /** Another person with the same rights, who sees nothing that `staff` sends. */
  let other: Client;
  let admin: Client;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "berth-failing-"));
    home = await createTestDatabase();
    server = await createMailServer(folder);
    await writeFile(join(folder, "smtp"), `${server.password}\n`, { mode: 0o600 });
    await writeFile(join(folder, "keys"), `${"k".repeat(40)}\n`, { mode: 0o600 });
    pair = await startPair(home, folder, {
      APP_ENV: "production",
      LOG_LEVEL: "debug",
      SESSION_KEYS_FILE: join(folder, "keys"),
      PUBLIC_URLS: "https://127.0.0.1:*",
      PUBLIC_URL: "https://127.0.0.1",
      MEDIA_DIR: folder,
      DATABASE_STATEMENT_TIMEOUT: "1000",
      SMTP_URL: server.url,
      SMTP_USER: server.user,
      SMTP_PASSWORD_FILE: join(folder, "smtp"),
      NODE_EXTRA_CA_CERTS: server.authority,
    });
    const app = { url: pair.web.url, database: home.database };
    anonymous = createClient(app);
    const rights = { customers: "delete", media: "delete" } as const;
    staff = await addUser(app, "staff", rights);
    other = await addUser(app, "staff", rights);
    admin = await addUser(app, "admin");
    await home.database("customers").insert({ name: "First", email: "taken@example.test" });
    // What the application knows nothing of: a constraint, and a fault of the database's own.
    await home.database.raw(`
      alter table customers add constraint unforeseen check (city <> 'nowhere');
      create function fail() returns trigger language plpgsql as $$
        begin raise internal_error using message = 'not today', detail = new.notes, hint = new.notes; end $$;
      create trigger fail before insert on customers for each row when (new.city = 'faulty') execute function fail();
    `);
  });

  after(async () => {
    await pair.kill();
    await server.stop();
    await home.drop();
    await rm(folder, { recursive: true });
  });

  const post = (client: Client, path: string, body: unknown, headers: Record<string, string> = {}) =>
    client.call("POST", path, { body, headers });
  const customer = (notes: string, more: object = {}) => ({
    name: notes,
    email: "new@example.test",
    notes,
    ...more,
  });

  /** Runs something while a row is locked, so that what wants to change it is cancelled by the statement timeout. */
  async function whileLocked<Result>(work: () => Promise<Result>): Promise<Result> {
    return home.database.transaction(async (transaction) => {
      await transaction.raw("lock table customers in access exclusive mode");
      return work();
    });
  }

  /** Sends half of an import and hangs up. */
  async function abort(marker: string): Promise<void> {
    const session = await staff.call("GET", "/api/v1/session");
    const sent = request(`${pair.web.url}${customers}/import`, {
      method: "POST",
      headers: {
        Cookie: [...staff.cookies].map((cookie) => cookie.join("=")).join("; "),
        "X-CSRF-Token": session.json<{ csrfToken: string }>().csrfToken,
        "Content-Type": "text/csv",
        "Content-Length": 10_000,
      },
    });
    const gone = once(sent, "error");
    await new Promise((written) => sent.write(`name,email\n${marker},half@gone.test\n`, written));
    sent.destroy(new Error("changed its mind"));
    await gone;
    const left = () => pair.web.output().includes("the client went away");
    await until(left, () => pair.web.output());
  }

  const form = (marker: string, end: string) => ({
    headers: { "Content-Type": "multipart/form-data; boundary=b" },
    raw: `--b\r\nContent-Disposition: form-data; name="file"; filename="${marker}.png"\r\n\r\n\x89PNG\r\n${marker}${end}`,
  });

  type Path = (marker: string) => Promise<Answered>;

  /** Failing paths that bring a secret: no answer may repeat it either. */
  const secret: readonly (readonly [string, number, Path])[] = [
    ["a wrong password", 401, (marker) => anonymous.login(staff.email, marker)],
    [
      "a wrong password in the form",
      401,
      (marker) => anonymous.submit("/login", "/login", { email: staff.email, password: marker }),
    ],
    [
      "a password in the wrong field",
      400,
      (marker) => post(anonymous, "/api/v1/session", { email: marker, password: "x" }),
    ],
    [
      "a body that is no JSON",
      400,
      (marker) =>
        anonymous.call("POST", "/api/v1/session", {
          headers: { "Content-Type": "application/json" },
          raw: `{"password":${marker}`,
        }),
    ],
    [
      "a registration whose mail does not go out",
      202,
      (marker) =>
        post(anonymous, "/api/v1/account/registrations", {
          email: "late@example.test",
          name: "W",
          password: marker,
        }),
    ],
    ["a reset link of nobody", 303, (marker) => anonymous.call("GET", `/reset?token=${marker}`)],
    ["a confirmation link of nobody", 303, (marker) => anonymous.call("GET", `/verify?token=${marker}`)],
    [
      "a token of nobody",
      410,
      (marker) =>
        post(anonymous, "/api/v1/account/password-resets/confirm", {
          token: marker,
          password: `${marker} word`,
        }),
    ],
    [
      "a confirmation of nobody",
      410,
      (marker) =>
        post(anonymous, "/api/v1/account/registrations/confirm", { token: marker, password: marker }),
    ],
    [
      "a token that is asked for where there is none",
      404,
      (marker) => anonymous.call("GET", `/api/v1/nothing?token=${marker}`),
    ],
    [
      "a session that is none",
      401,
      (marker) =>
        createClient({ url: pair.web.url }).call("GET", "/api/v1/session", {
          headers: { Cookie: `__Host-session=${marker}.${marker}`, Authorization: `Bearer ${marker}` },
        }),
    ],
    [
      "a form token that is none",
      403,
      (marker) =>
        staff.call("POST", customers, {
          body: customer("x"),
          headers: { "X-CSRF-Token": marker },
          withoutToken: true,
        }),
    ],
    [
      "a password that is changed with a wrong one",
      401,
      (marker) =>
        staff.call("PUT", "/api/v1/account/password", {
          body: { current: marker, password: `${marker} new` },
        }),
    ],
    [
      "a code that is none",
      409,
      (marker) => post(staff, "/api/v1/account/second-factor/confirm", { code: marker.slice(0, 40) }),
    ],
  ];

  /** Failing paths with private input. */
  const personal: readonly (readonly [string, number, Path])[] = [
    ["a search that is refused", 400, (marker) => staff.call("GET", `${customers}?limit=0&search=${marker}`)],
    [
      "a value that is taken",
      409,
      (marker) => post(staff, customers, customer(marker, { email: "taken@example.test" })),
    ],
    [
      "a value that a check refuses",
      400,
      (marker) => post(staff, customers, customer(marker, { city: "nowhere" })),
    ],
    ["a fault", 500, (marker) => post(staff, customers, customer(marker, { city: "faulty" }))],
    [
      "a fault in a form",
      500,
      (marker) =>
        staff.submit("/admin/customers/new", "/admin/customers/new", {
          ...{ name: marker, email: "form@example.test", company: "", city: "faulty", notes: marker },
        }),
    ],
    ["a NUL", 400, (marker) => post(staff, customers, customer(`${marker}\u0000`))],
    [
      "a NUL in CSV",
      200,
      (marker) =>
        staff.call("POST", `${customers}/import`, {
          headers: { "Content-Type": "text/csv" },
          raw: `name,email,notes\nN,csv@example.test,${marker}\u0000\n`,
        }),
    ],
    [
      "a check in CSV",
      200,
      (marker) =>
        staff.call("POST", `${customers}/import`, {
          headers: { "Content-Type": "text/csv" },
          raw: `name,email,city,notes\nN,csv@example.test,nowhere,${marker}\n`,
        }),
    ],
    [
      "a statement that is cancelled",
      503,
      (marker) =>
        whileLocked(() => post(staff, customers, customer(marker, { email: `${marker}@example.test` }))),
    ],
    ["an upload that breaks off", 400, (marker) => staff.call("POST", "/api/v1/media", form(marker, ""))],
    [
      "an upload of no known kind",
      400,
      (marker) =>
        staff.call("POST", "/api/v1/media", {
          ...form(marker, ""),
          raw: `--b\r\nContent-Disposition: form-data; name="file"; filename="${marker}.png"\r\n\r\n${marker}\r\n--b--\r\n`,
        }),
    ],
    [
      "a precondition that cannot be met",
      412,
      (marker) =>
        staff.call("PUT", `${customers}/1`, {
          body: customer(marker),
          headers: { "If-Match": `"${marker}"` },
        }),
    ],
    [
      "a key that is used again with another body",
      409,
      async (marker) => {
        const key = { "Idempotency-Key": marker };
        await post(staff, customers, customer("x", { email: "kept@example.test" }), key);
        return post(staff, customers, customer(marker), key);
      },
    ],
  ];

  /** One of its own for each path, so that what is found says where it comes from. */
  const markerOf = (name: string) => `Mk7f3a-${name.replaceAll(/\W+/g, "-")}`;

  /** Where nothing of it may stand, by name of the place. */
  async function places(): Promise<ReadonlyMap<string, string>> {
    const told = await Promise.all([
      other.call("GET", customers),
      other.call("GET", "/api/v1/media"),
      other.call("GET", `${customers}/987654`),
      post(other, customers, customer("x", { email: "taken@example.test" })),
      post(other, customers, customer("x", { city: "nowhere" })),
      ...personal.map(([name]) =>
        post(other, customers, customer("x", { email: "taken@example.test" }), {
          "Idempotency-Key": markerOf(name),
        }),
      ),
      admin.call("GET", "/admin/jobs"),
      admin.call("GET", "/admin/audit"),
    ]);
    const rows = async (table: string) => JSON.stringify(await home.database(table));
    return new Map([
      ["the application's log", pair.web.output()],
      ["the worker's log", pair.worker.output()],
      ["answers to other people", told.map(({ text }) => text).join("\n")],
      ["the table of jobs", await rows("jobs.job")],
      ["the audit log", await rows("audit_events")],
      ["metrics", await (await fetch(pair.web.metricsUrl)).text()],
    ]);
  }

  /** A marker as it is, escaped as in an address or JSON, and in base64. */
  const shapesOf = (marker: string) => [
    marker,
    encodeURIComponent(marker),
    Buffer.from(marker).toString("base64").replace(/=+$/, ""),
  ];

  async function expectNowhere(markers: readonly string[]): Promise<void> {
    const found = [...(await places())].flatMap(([place, text]) =>
      markers
        .filter((marker) => shapesOf(marker).some((shape) => text.includes(shape)))
        .map((marker) => `${marker}: ${place}`),
    );
    assert.deepEqual(found, []);
  }

  test("secrets come back in no answer, and stand in no log, table or answer to others", async () => {
    for (const [name, status, path] of secret) {
      const answer = await path(markerOf(name));
      assert.equal(answer.status, status, `${name}: ${answer.text}`);
      const told =
        answer.text + JSON.stringify([...answer.headers].filter(([header]) => header !== "set-cookie"));
      assert.ok(!told.includes(markerOf(name)), `${name} comes back: ${told}`);
    }
    await expectNowhere(secret.map(([name]) => markerOf(name)));
  });

  test("what is written about people stands in no log, table of jobs, audit log or answer to others", async () => {
    const answered: (readonly [string, number])[] = [];
    for (const [name, , path] of personal) answered.push([name, (await path(markerOf(name))).status]);
    assert.deepEqual(
      answered,
      personal.map(([name, status]) => [name, status]),
    );
    await abort(markerOf("a request that is broken off"));
    await until(
      () => pair.web.output().includes("not today"),
      () => pair.web.output(),
    );
    await expectNowhere([
      ...personal.map(([name]) => markerOf(name)),
      markerOf("a request that is broken off"),
    ]);
  });

  test("a mailed link stands in no log and no table, whether its mail goes out or not", async () => {
    const body = { email: staff.email };
    assert.equal((await post(anonymous, "/api/v1/account/password-resets", body)).status, 202);
    const output = () => pair.worker.output();
    await until(() => output().includes("job failed"), output);
    await server.start();
    const reset = () => server.mails.find(({ text }) => text.includes("/reset?"));
    const hurry = () =>
      home.database("jobs.job").where({ state: "retry" }).update({ start_after: home.database.fn.now() });
    await until(async () => {
      await hurry();
      return reset() !== undefined;
    }, output);
    const text = (reset()?.text ?? "").replaceAll("=\r\n", "").replaceAll("=3D", "=");
    const [, token = ""] = /\/reset\?token=([\w-]+)/.exec(text) ?? [];
    assert.ok(token.length >= 20, text);
    const followed = await anonymous.call("GET", `/reset?token=${token}`);
    assert.deepEqual([followed.status, followed.headers.get("location")], [303, "/reset"]);
    const weak = await post(anonymous, "/api/v1/account/password-resets/confirm", { token, password: "x" });
    assert.equal(weak.status, 400);
    await expectNowhere([token]);
    for (const [place, said] of await places()) assert.doesNotMatch(said, /[?&]token=/, place);
  });
});
