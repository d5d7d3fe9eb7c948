import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createClient } from "./support/client.ts";
import { compileCache } from "./support/program.ts";
import { startTestApp, type TestApp } from "./support/test-app.ts";

/**
 * The programs that `npx berth create-admin`, `seed` and `shell` run, each in a process of its own.
 */
const app = join(import.meta.dirname, "..");
const secret = "a lantern in the rain 9";
const script = "/usr/bin/script";

let testApp: TestApp;

before(async () => {
  testApp = await startTestApp();
});

after(async () => {
  await testApp.close();
});

interface Run {
  /** What the program reads. */
  readonly input?: string;
  /** Sends the input only once this was written: a terminal is typed at when it asks. */
  readonly afterPrompt?: string;
}

async function run(command: readonly string[], { input = "", afterPrompt }: Run = {}) {
  const { host, port, name, user, password } = testApp.config.database;
  const [program = "", ...parameters] = command;
  const child = spawn(program, parameters, {
    cwd: app,
    env: {
      PATH: process.env["PATH"],
      ...compileCache,
      STACK: "test",
      DATABASE_HOST: host,
      DATABASE_PORT: String(port),
      DATABASE_NAME: name,
      DATABASE_USER: user,
      // The tests' server asks for a password that is worth nothing; the app takes it from a file
      // only, pg from here too.
      PGPASSWORD: password,
    },
  });
  let output = "";
  let sent = false;
  const send = () => {
    if (sent || (afterPrompt !== undefined && !output.includes(afterPrompt))) return;
    sent = true;
    // A terminal's input has no end before the program's.
    if (afterPrompt === undefined) child.stdin.end(input);
    else child.stdin.write(input);
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      send();
    });
  }
  send();
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, output };
}

const createAdmin = (email: string, ...more: string[]) => [
  process.execPath,
  "src/create-admin.ts",
  `--email=${email}`,
  ...more,
];

const login = async (email: string, password: string) =>
  (await createClient(testApp).login(email, password)).status;

test("create-admin takes the password from standard input, and an administrator can sign in with it", async () => {
  const made = await run(createAdmin("ada@example.test", "--password-stdin"), { input: `${secret}\n` });
  assert.equal(made.code, 0, made.output);
  assert.equal(await login("ada@example.test", secret), 204);
  const client = createClient(testApp);
  await client.login("ada@example.test", secret);
  assert.equal((await client.call("GET", "/admin/users")).status, 200);
});

test("without a terminal it prints a link, good once, to set the password", async () => {
  const made = await run(createAdmin("bob@example.test", "--name=Bob"));
  const token = /\/reset\?token=([\w-]+)/.exec(made.output)?.[1] ?? "";
  const confirm = "/api/v1/account/password-resets/confirm";
  const client = createClient(testApp);
  const body = { token, password: secret };
  assert.equal((await client.call("POST", confirm, { body })).status, 204, made.output);
  assert.equal((await client.call("POST", confirm, { body })).status, 410);
  assert.equal(await login("bob@example.test", secret), 204);
});

test(
  "on a terminal it asks for the password and shows nothing of it",
  { skip: existsSync(script) ? false : "there is no script(1) to make a terminal with" },
  async () => {
    const command = createAdmin("cyd@example.test").join(" ");
    const made = await run([script, "-qec", command, "/dev/null"], {
      input: `${secret}\r`,
      afterPrompt: "Password",
    });
    assert.match(made.output, /cyd@example\.test is an administrator/);
    assert.ok(!made.output.includes("lantern"), made.output);
    assert.equal(await login("cyd@example.test", secret), 204);
  },
);

test("refuses the passwords that the pages refuse, and invalid addresses", async () => {
  const weak = await run(createAdmin("dan@example.test", "--password-stdin"), { input: "password\n" });
  assert.equal(weak.code, 1);
  assert.equal(await login("dan@example.test", "password"), 401);
  assert.equal((await run(createAdmin("nobody"))).code, 64);
});

test("create-invitation mails a link, or prints it, and refuses an address that has an account", async () => {
  const invite = (email: string, ...more: string[]) => [
    process.execPath,
    "src/create-invitation.ts",
    `--email=${email}`,
    ...more,
  ];
  const mailed = await run(invite("eve@example.test"));
  assert.deepEqual([mailed.code, mailed.output.includes("token=")], [0, false], mailed.output);
  await testApp.runJobs();
  assert.match(testApp.mails.at(-1)?.text ?? "", /\/invitation\?token=/);

  const printed = await run(invite("fay@example.test", "--link"));
  const token = /\/invitation\?token=([\w-]+)/.exec(printed.output)?.[1] ?? "";
  const body = { token, email: "fay@example.test", name: "Fay", password: secret };
  const path = "/api/v1/account/invitations/accept";
  assert.equal((await createClient(testApp).call("POST", path, { body })).status, 204, printed.output);

  const known = await run(invite("fay@example.test"));
  assert.equal(known.code, 1);
  assert.match(known.output, /has an account already/);
  assert.doesNotMatch(known.output, /^\s+at /m, "a sentence, not a stack trace");
  assert.equal((await run(invite("nobody"))).code, 64);
});

test("seed can run repeatedly, and never loads into production without --force", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "berth-seed-"));
  t.after(() => rm(folder, { recursive: true }));
  const keys = join(folder, "keys");
  await writeFile(keys, randomBytes(32).toString("hex"));
  const seed = [process.execPath, "src/seed.ts"];
  assert.equal((await run(seed)).code, 0);
  const count = async () => (await testApp.database("customers").count("id as n").first<{ n: number }>()).n;
  const once = await count();
  assert.ok(once > 0);
  assert.equal((await run(seed)).code, 0);
  assert.equal(await count(), once);
  const production = await run(["env", "APP_ENV=production", `SESSION_KEYS_FILE=${keys}`, ...seed]);
  assert.equal(production.code, 1);
  assert.match(production.output, /does not belong there/);
  assert.doesNotMatch(production.output, /^\s+at /m, "a sentence, not a stack trace");
});

test("the prompt has the app's services, and ends with its input", async () => {
  const { code, output } = await run([process.execPath, "src/repl.ts"], {
    input:
      'const { name } = await services.resources.get("customers").find(1)\nname.length > 0 && "found one"\n',
  });
  assert.equal(code, 0, output);
  assert.match(output, /found one/);
});
