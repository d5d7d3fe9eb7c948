import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text as readAll } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { loadConfig } from "./config.ts";
import { createAccountStore } from "./platform/accounts/account-store.ts";
import { hashPassword, passwordProblem } from "./platform/accounts/password.ts";
import { createAuditLog } from "./platform/audit/audit-log.ts";
import { openPlatform } from "./platform/open-platform.ts";
import { Refusal } from "./platform/process/report-fatal.ts";
import { runForAddress } from "./platform/process/run-for-address.ts";
import { publicUrl } from "./platform/services.ts";

const usage = `node src/create-admin.ts --email ADDRESS [--name NAME] [--password-stdin]

Makes an administrator, or makes an existing account one, whose sessions end. The password is asked for on a terminal, read from
standard input with --password-stdin, and otherwise set by the person through a link that is printed and good
for ten minutes. It is never an argument: those are visible to everybody on the machine.
`;

async function givenPassword(fromInput: boolean): Promise<string | undefined> {
  if (fromInput) return (await readAll(process.stdin)).replace(/\r?\n$/, "");
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  // It echoes what is typed to its output: there is none.
  const nowhere = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  const asked = terminal.question("");
  // Only now: until a program reads it, the terminal itself echoes the input.
  process.stderr.write("Password (empty to get a link instead): ");
  const answer = await asked;
  terminal.close();
  process.stderr.write("\n");
  return answer === "" ? undefined : answer;
}

async function run(email: string, name: string, fromInput: boolean): Promise<void> {
  const platform = await openPlatform({ ...loadConfig(), logLevel: "warn" }, "script");
  try {
    const accounts = createAccountStore(platform.database);
    const password = await givenPassword(fromInput);
    const problem = password === undefined ? undefined : await passwordProblem(password, email);
    if (problem) throw new Refusal(problem.message);
    const user = await accounts.makeAdministrator({
      email,
      name,
      passwordHash: password === undefined ? undefined : await hashPassword(password),
      unknowable: await hashPassword(crypto.randomUUID()),
    });
    await createAuditLog(platform.database)(
      {
        event: "user-created",
        actorId: user.id,
        subject: email,
        details: { role: "admin", by: "create-admin" },
      },
      { address: "", requestId: "" },
    );
    process.stdout.write(`${email} is an administrator.\n`);
    if (password === undefined) {
      const token = await accounts.newCode("reset", email);
      process.stdout.write(
        `Set the password within ten minutes: ${publicUrl(platform.config)}/reset?token=${token}\n`,
      );
    }
  } finally {
    await platform.close(1);
  }
}

const { values } = parseArgs({
  options: {
    email: { type: "string", default: "" },
    name: { type: "string", default: "Administrator" },
    "password-stdin": { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
await runForAddress({ usage, option: "--email", address: values.email, help: values.help }, (email) =>
  run(email, values.name, values["password-stdin"]),
);
