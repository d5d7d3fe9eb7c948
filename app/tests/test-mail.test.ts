import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { text } from "node:stream/consumers";
import { freePort } from "./support/free-port.ts";
import { compileCache } from "./support/program.ts";
import { createMailServer, type MailServer } from "./support/smtp-server.ts";

const app = join(import.meta.dirname, "..");

let folder: string;
let server: MailServer;
let password: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-test-mail-"));
  server = await createMailServer(folder);
  password = join(folder, "password");
  await writeFile(password, `${server.password}\n`, { mode: 0o600 });
  await server.start();
});

after(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

/** What `npx berth test-mail` runs in the application's container. */
async function testMail(environment: Readonly<Record<string, string>>, to = "ada@example.test") {
  const child = spawn(process.execPath, ["src/test-mail.ts", `--to=${to}`], {
    cwd: app,
    env: {
      PATH: process.env["PATH"],
      ...compileCache,
      // Not asked for: the command is of use before the database is.
      DATABASE_HOST: "nowhere.invalid",
      DATABASE_NAME: "app",
      DATABASE_USER: "app",
      STACK: "shop",
      MAIL_FROM: "Shop <shop@example.test>",
      ...environment,
    },
  });
  const [out, err, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once("close", resolve)),
  ]);
  assert.ok(!(out + err).includes(server.password));
  assert.doesNotMatch(out + err, /^\s+at /m, "sentences, not a stack trace");
  return {
    code,
    output: out + err,
    stages: [...out.matchAll(/^([✓✗]) ([\w-]+):/gm)].map(([, mark, name]) => `${mark} ${name}`),
  };
}

const right = () => ({
  SMTP_URL: server.url,
  SMTP_USER: server.user,
  SMTP_PASSWORD_FILE: password,
  NODE_EXTRA_CA_CERTS: server.authority,
});
const passed = (...stages: string[]) => stages.map((stage) => `✓ ${stage}`);

test("a mail that the server takes passes every stage", async () => {
  const { code, output, stages } = await testMail(right());
  assert.equal(code, 0, output);
  assert.deepEqual(stages, passed("name", "connection", "greeting", "TLS", "sign-in", "mail"));
  const mail = server.mails.at(-1);
  assert.deepEqual(
    [mail?.to, mail?.from, mail?.encrypted],
    [["ada@example.test"], "shop@example.test", true],
  );
  assert.match(mail?.text ?? "", /Subject: Test mail from shop/);
});

test("a name that nobody knows", async () => {
  const { code, output, stages } = await testMail({ ...right(), SMTP_URL: "smtp://mail.invalid:587" });
  assert.equal(code, 1);
  assert.deepEqual(stages, ["✗ name"], output);
  assert.match(output, /Check the name in smtpUrl/);
});

test("a port where nothing listens", async () => {
  const { stages, output } = await testMail({ ...right(), SMTP_URL: `smtp://127.0.0.1:${await freePort()}` });
  assert.deepEqual(stages, ["✓ name", "✗ connection"], output);
  assert.match(output, /ECONNREFUSED[^]*firewall/);
});

test("a port where something else than a mail server listens", async (t) => {
  const other = createServer((socket) =>
    socket.on("error", () => undefined).end("HTTP/1.1 400 Bad Request\r\n\r\n"),
  );
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  t.after(() => other.close());
  const { port } = other.address() as { port: number };
  const { stages, output } = await testMail({ ...right(), SMTP_URL: `smtp://127.0.0.1:${port}` });
  assert.deepEqual(stages, [...passed("name", "connection"), "✗ greeting"], output);
});

test("a certificate of an unknown authority", async () => {
  const { stages, output } = await testMail({ ...right(), NODE_EXTRA_CA_CERTS: "" });
  assert.deepEqual(stages, [...passed("name", "connection", "greeting"), "✗ TLS"], output);
  assert.match(output, /certificate must be valid/);
});

test("TLS from the start at a port that begins without", async () => {
  const { stages, output } = await testMail({ ...right(), SMTP_URL: server.url.replace("smtp:", "smtps:") });
  assert.deepEqual(stages, [...passed("name", "connection", "greeting"), "✗ TLS"], output);
});

test("a wrong password", async () => {
  const wrong = join(folder, "wrong");
  await writeFile(wrong, "another\n");
  const { stages, output } = await testMail({ ...right(), SMTP_PASSWORD_FILE: wrong });
  assert.deepEqual(stages, [...passed("name", "connection", "greeting", "TLS"), "✗ sign-in"], output);
  assert.match(output, /Wrong user or password[^]*smtpUser and smtpPassword/);
});

test("a recipient that the server refuses", async () => {
  const { code, stages, output } = await testMail(right(), "nobody@example.test");
  assert.equal(code, 1);
  assert.deepEqual(stages, [...passed("name", "connection", "greeting", "TLS", "sign-in"), "✗ mail"], output);
  assert.match(output, /No such mailbox[^]*mailFrom/);
});

test("no mail server, and no address", async () => {
  const none = await testMail({});
  assert.equal(none.code, 78);
  assert.match(none.output, /pulumi config set smtpUrl/);
  assert.equal((await testMail(right(), "nobody")).code, 64);
});
