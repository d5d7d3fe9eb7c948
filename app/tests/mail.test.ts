import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { addUser } from "./support/client.ts";
import { isReady, type Program, startProgram, until } from "./support/program.ts";
import { createMailServer, type MailServer } from "./support/smtp-server.ts";
import { createTestDatabase, isLite, type TestDatabase } from "./support/test-database.ts";

const skip = isLite ? "needs a Postgres that other processes reach" : false;

describe("e-mail by SMTP, from the worker's process", { skip }, () => {
  let home: TestDatabase;
  let folder: string;
  let server: MailServer;
  let web: Program;
  let worker: Program;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "berth-mail-"));
    home = await createTestDatabase();
    server = await createMailServer(folder);
    await writeFile(join(folder, "smtp"), `${server.password}\n`, { mode: 0o600 });
    web = await startProgram("main.ts", home, folder, { JOBS: "worker", RATE_LIMIT: "0" });
    worker = await startProgram("worker.ts", home, folder, {
      PUBLIC_URL: "http://app.example.test",
      LOCALE: "ru",
      MAIL_FROM: "Shop <shop@example.test>",
      SMTP_URL: server.url,
      SMTP_USER: server.user,
      SMTP_PASSWORD_FILE: join(folder, "smtp"),
      NODE_EXTRA_CA_CERTS: server.authority,
    });
    await until(() => isReady(web), web.output);
    await until(() => worker.output().includes("working off jobs"), worker.output);
  });

  after(async () => {
    web.child.kill("SIGKILL");
    worker.child.kill("SIGKILL");
    await Promise.all([web.ended(), worker.ended()]);
    await server.stop();
    await home.drop();
    await rm(folder, { recursive: true });
  });

  const register = async (email: string) => {
    const answer = await fetch(`${web.url}/api/v1/account/registrations`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ email, name: "W", password: "a quiet harbour" }),
    });
    assert.equal(answer.status, 202);
  };
  const failures = () => worker.output().split("job failed").length - 1;
  /** Retries come after a second instead of ten, and `tries` of them. */
  const hurry = (tries: number) =>
    home.database.raw(
      "update jobs.queue set retry_delay = 1, retry_backoff = false, retry_limit = ? where name = 'account-mail'",
      [tries],
    );

  test("a mail server that is down delays mail; it arrives encrypted, logged in, as text and HTML", async () => {
    await hurry(60);
    await register("late@example.test");
    await until(() => failures() > 0, worker.output);
    assert.equal(server.mails.length, 0);
    await server.start();
    await until(() => server.mails.length > 0, worker.output);
    const [mail] = server.mails;
    assert.deepEqual(
      { ...mail, text: "" },
      { from: "shop@example.test", to: ["late@example.test"], user: "mailer", encrypted: true, text: "" },
    );
    const text = mail?.text ?? "";
    assert.match(text, /^From: Shop <shop@example\.test>/m);
    assert.match(text, /^Subject: =\?UTF-8\?/m);
    assert.match(text, /^Content-Type: multipart\/alternative/m);
    assert.match(text, /^Content-Type: text\/plain; charset=utf-8/m);
    assert.match(text, /^Content-Type: text\/html; charset=utf-8/m);
    await until(() => worker.output().includes('"job done"'), worker.output);
    assert.equal(server.mails.length, 1, "once");
  });

  test("mail that cannot be sent is a dead letter that admins see and send again", async () => {
    await server.stop();
    await hurry(1);
    const before = failures();
    await register("dead@example.test");
    await until(() => failures() === before + 2, worker.output);
    const admin = await addUser({ url: web.url, database: home.database }, "admin");
    let page = "";
    await until(
      async () => {
        page = (await admin.call("GET", "/admin/jobs")).text;
        return page.includes("dead@example.test");
      },
      () => page,
    );
    const had = server.mails.length;
    await server.start();
    await admin.submit("/admin/jobs", "/admin/jobs/retry", { queue: "account-mail" });
    await until(() => server.mails.length > had, worker.output);
    assert.deepEqual(server.mails.at(-1)?.to, ["dead@example.test"]);
  });

  test("the password is in no log, and never goes over a connection without TLS", () => {
    assert.ok(!worker.output().includes(server.password));
    assert.ok(server.mails.every(({ encrypted }) => encrypted));
  });
});
