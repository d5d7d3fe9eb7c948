import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { addUser } from "./support/client.ts";
import { type Pair, register, startPair, until } from "./support/program.ts";
import { createMailServer, type MailServer } from "./support/smtp-server.ts";
import { createTestDatabase, isLite, type TestDatabase } from "./support/test-database.ts";

const skip = isLite ? "needs a Postgres that other processes reach" : false;

describe("e-mail by SMTP, from the worker's process", { skip }, () => {
  let home: TestDatabase;
  let folder: string;
  let server: MailServer;
  let pair: Pair;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "berth-mail-"));
    home = await createTestDatabase();
    server = await createMailServer(folder);
    await writeFile(join(folder, "smtp"), `${server.password}\n`, { mode: 0o600 });
    pair = await startPair(
      home,
      folder,
      {},
      {
        PUBLIC_URL: "http://app.example.test",
        LOCALE: "ru",
        MAIL_FROM: "Shop <shop@example.test>",
        SMTP_URL: server.url,
        SMTP_USER: server.user,
        SMTP_PASSWORD_FILE: join(folder, "smtp"),
        NODE_EXTRA_CA_CERTS: server.authority,
      },
    );
  });

  after(async () => {
    await pair.kill();
    await server.stop();
    await home.drop();
    await rm(folder, { recursive: true });
  });

  const failures = () => pair.worker.output().split("job failed").length - 1;
  /** The next try comes now instead of after ten seconds. */
  const hurry = (more: { retry_limit?: number } = {}) =>
    home
      .database("jobs.job")
      .where({ name: "account-mail", state: "retry" })
      .update({ start_after: home.database.fn.now(), ...more });
  const output = () => pair.worker.output();

  test("a mail server that is down delays mail; it arrives encrypted, logged in, as text and HTML", async () => {
    await register(pair.web, "late@example.test");
    await until(() => failures() > 0, output);
    assert.equal(server.mails.length, 0);
    await server.start();
    await until(async () => (await hurry()) > 0, output);
    await until(() => server.mails.length > 0, output);
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
    await until(() => output().includes('"job done"'), output);
    assert.equal(server.mails.length, 1, "once");
  });

  test("mail that cannot be sent is a dead letter that admins see and send again", async () => {
    await server.stop();
    const before = failures();
    await register(pair.web, "dead@example.test");
    await until(async () => (await hurry({ retry_limit: 1 })) > 0, output);
    await until(() => failures() === before + 2, output);
    const admin = await addUser({ url: pair.web.url, database: home.database }, "admin");
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
    await until(() => server.mails.length > had, output);
    assert.deepEqual(server.mails.at(-1)?.to, ["dead@example.test"]);
  });

  test("the password is in no log, and never goes over a connection without TLS", () => {
    assert.ok(!output().includes(server.password));
    assert.ok(server.mails.every(({ encrypted }) => encrypted));
  });
});
