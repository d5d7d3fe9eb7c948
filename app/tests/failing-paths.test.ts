import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { addUser, type Client, createClient } from "./support/client.ts";
import {
  callsAboutPeople,
  callsWithSecrets,
  type Callers,
  hangUp,
  post,
  prepareFaults,
} from "./support/failing-calls.ts";
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
  let callers: Callers;
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
    const rights = { customers: "delete", media: "delete" } as const;
    other = await addUser(app, "staff", rights);
    admin = await addUser(app, "admin");
    await prepareFaults(home.database);
    callers = { ...app, anonymous: createClient(app), staff: await addUser(app, "staff", rights) };
  });

  after(async () => {
    await pair.kill();
    await server.stop();
    await home.drop();
    await rm(folder, { recursive: true });
  });

  /** One of its own for each path, so that what is found says where it comes from. */
  const markerOf = (name: string) => `Mk7f3a-${name.replaceAll(/\W+/g, "-")}`;

  /** Where nothing of it may stand, by name of the place. */
  async function places(): Promise<ReadonlyMap<string, string>> {
    const taken = { name: "x", email: "taken@example.test" };
    const told = await Promise.all([
      other.call("GET", customers),
      other.call("GET", "/api/v1/media"),
      other.call("GET", `${customers}/987654`),
      post(other, customers, taken),
      post(other, customers, { ...taken, city: "nowhere" }),
      ...callsAboutPeople(callers).map(([name]) =>
        post(other, customers, taken, { "Idempotency-Key": markerOf(name) }),
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
    const secret = callsWithSecrets(callers);
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
    const personal = callsAboutPeople(callers);
    const answered: (readonly [string, number])[] = [];
    for (const [name, , path] of personal) answered.push([name, (await path(markerOf(name))).status]);
    assert.deepEqual(
      answered,
      personal.map(([name, status]) => [name, status]),
    );
    await hangUp(callers, markerOf("a request that is broken off"));
    const output = () => pair.web.output();
    for (const line of ["the client went away", "not today"])
      await until(() => output().includes(line), output);
    await expectNowhere([
      ...personal.map(([name]) => markerOf(name)),
      markerOf("a request that is broken off"),
    ]);
  });

  test("a mailed link stands in no log and no table, whether its mail goes out or not", async () => {
    const { anonymous, staff } = callers;
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
