import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { Writable } from "node:stream";
import { afterEach, test } from "node:test";
import { SMTPServer } from "smtp-server";
import { loadConfig } from "../../config.ts";
import { createLogger } from "../log/create-logger.ts";
import { greetingOf, openMailer } from "./mailer.ts";

const mail = {
  to: "ada@example.test",
  subject: "New password",
  text: "https://app.example.test/reset?token=MARKER",
  html: "<a href='https://app.example.test/reset?token=MARKER'>x</a>",
};
let close: (() => void)[] = [];

afterEach(() => {
  for (const end of close) end();
  close = [];
});

function configOf(environment: Readonly<Record<string, string>>) {
  const basics = { DATABASE_HOST: "x", DATABASE_NAME: "x", DATABASE_USER: "x" };
  const keys = environment["APP_ENV"] === "production" ? { SESSION_KEYS_FILE: "/keys" } : {};
  return loadConfig({ ...basics, ...keys, ...environment }, () => "k".repeat(40));
}

function open(environment: Readonly<Record<string, string>>) {
  const lines: string[] = [];
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString());
      done();
    },
  });
  const log = createLogger({ level: "trace", stack: "test", release: "r", destination });
  const mailer = openMailer(configOf(environment), log);
  close.push(() => {
    mailer.close();
  });
  return { mailer, logged: () => lines.join("") };
}

/** A relay that offers no encryption. */
async function plainRelay() {
  const greetings: string[] = [];
  let received = 0;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS", "AUTH"],
    closeTimeout: 100,
    onMailFrom: (_address, session, done) => {
      greetings.push(session.hostNameAppearsAs);
      done();
    },
    onData: (stream, _session, done) => {
      stream.resume().on("end", () => {
        received += 1;
        done();
      });
    },
  });
  server.on("error", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  close.push(() => {
    server.close();
  });
  const { port } = server.server.address() as AddressInfo;
  return { url: `smtp://127.0.0.1:${port}`, greetings, received: () => received };
}

test("in production without a mail server the log has addressee and subject, and never a link", async () => {
  const { mailer, logged } = open({ APP_ENV: "production" });
  assert.equal(mailer.canSend, false);
  await mailer.send(mail);
  assert.match(logged(), /"to":"ada@example\.test","subject":"New password"/);
  assert.doesNotMatch(logged(), /MARKER|token/);
});

test("in development the log has the link, so that it can be followed", async () => {
  const { mailer, logged } = open({});
  assert.equal(mailer.canSend, true);
  await mailer.send(mail);
  assert.match(logged(), /reset\?token=MARKER/);
});

test("a link is never sent unencrypted, with or without a login, unless the settings allow it", async () => {
  const relay = await plainRelay();
  const { mailer } = open({ SMTP_URL: relay.url });
  assert.equal(mailer.canSend, true);
  await assert.rejects(mailer.send(mail), /STARTTLS/);
  assert.equal(relay.received(), 0);
  const own = open({ SMTP_URL: relay.url, SMTP_TLS: "off" });
  await own.mailer.send(mail);
  assert.equal(relay.received(), 1);
});

test("the greeting is the canonical name, or the name in the server's address", async () => {
  const relay = await plainRelay();
  const environment = { SMTP_URL: relay.url, SMTP_TLS: "off", PUBLIC_URL: "https://shop.example.test:8443" };
  await open(environment).mailer.send(mail);
  await open({ ...environment, SMTP_URL: `${relay.url}?name=mx.example.test` }).mailer.send(mail);
  assert.deepEqual(relay.greetings, ["shop.example.test", "mx.example.test"]);
  assert.equal(greetingOf("http://192.0.2.7:8000"), "[192.0.2.7]");
  assert.equal(greetingOf("http://[2001:db8::7]"), "[IPv6:2001:db8::7]");
  assert.equal(greetingOf(undefined), undefined);
});

test("refuses mail settings that cannot work, and says why", () => {
  for (const [environment, reason] of [
    [{ SMTP_URL: "smtp://mail.example.test:465" }, /SMTP_URL names port 465, which wants smtps:/],
    [{ SMTP_URL: "smtps://mail.example.test:587" }, /SMTP_URL names a port that wants smtp:/],
    [{ MAIL_FROM: "abc" }, /MAIL_FROM has no address/],
    [{ MAIL_FROM: "Shop <shop>" }, /MAIL_FROM has no address/],
    [
      { SMTP_URL: "smtp://m.test", SMTP_TLS: "off", SMTP_USER: "u", SMTP_PASSWORD_FILE: "/p" },
      /SMTP_TLS cannot be off with SMTP_USER/,
    ],
    [{ SMTP_URL: "smtps://m.test", SMTP_TLS: "off" }, /SMTP_TLS cannot be off with smtps:/],
  ] as const)
    assert.throws(() => configOf(environment), reason);
  for (const sender of ["a@b.test", "Shop <shop@example.test>", '"Doe, J" <j@x.test>'])
    assert.equal(configOf({ MAIL_FROM: sender }).mailFrom, sender);
});
