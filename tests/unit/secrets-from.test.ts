import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { printedSecrets } from "../../infra/commands/printed-secrets.ts";
import { parseSettings, SettingsError } from "../../stacks/parse.ts";

const mail = { smtpUrl: "smtp://mail.example.org", smtpUser: "shop", mailFrom: "shop@example.org" };

function problemsOf(stack: string, raw: Record<string, string>, secretKeys: string[] = []): string[] {
  try {
    parseSettings(stack, raw, new Set(secretKeys));
  } catch (error) {
    assert.ok(error instanceof SettingsError);
    return [...error.problems];
  }
  return [];
}

describe("secrets that commands print", () => {
  test("are as good as set: words of a text, or a list as it is", () => {
    const secretsFrom = JSON.stringify({
      smtpPassword: "op read  op://shop/mail/password",
      secrets: { paymentKey: ["pass", "show", "shop/payment key"] },
    });
    const config = parseSettings("prod", { ...mail, secretsFrom });
    assert.deepEqual(config.secretsFrom, [
      { path: "smtpPassword", command: ["op", "read", "op://shop/mail/password"] },
      { path: "secrets.paymentKey", command: ["pass", "show", "shop/payment key"] },
    ]);
    assert.deepEqual(config.app.secrets, ["paymentKey"]);
    const beside = { ...mail, secretsFrom, secrets: '{"otherKey":"hunter2"}' };
    assert.deepEqual(parseSettings("prod", beside, new Set(["secrets"])).app.secrets, [
      "otherKey",
      "paymentKey",
    ]);
  });

  test("are refused for what is no secret, and for what is set as well, all at once", () => {
    const secretsFrom = JSON.stringify({
      smtpPasword: "op read a",
      domain: "op read b",
      cloudflareToken: "op read c",
      secrets: { paymentKey: "op read d" },
    });
    const given = { secretsFrom, cloudflareToken: "hunter2", secrets: '{"paymentKey":"hunter2"}' };
    const problems = problemsOf("prod", given, ["cloudflareToken", "secrets"]);
    const told = problems.join("\n");
    assert.deepEqual(
      problems.map((problem) => problem.split(":")[0]),
      ["smtpPasword", "domain", "cloudflareToken", "secrets.paymentKey"].map((path) => `secretsFrom.${path}`),
    );
    assert.match(told, /did you mean smtpPassword\?.* rm --path secretsFrom\.smtpPasword --stack prod/);
    assert.match(told, /paymentKey is set as well\. Fix: pulumi config rm --path secrets\.paymentKey/);
    assert.ok(!told.includes("hunter2"));
  });

  test("do not hide one that lies beside them for everybody to read", () => {
    const secretsFrom = '{"secrets":{"paymentKey":"op read d"}}';
    const [problem, ...more] = problemsOf("dev", { secretsFrom, secrets: '{"otherKey":"hunter2"}' });
    assert.match(problem ?? "", /^secrets: is not encrypted/);
    assert.deepEqual(more, []);
  });

  test("are explained where they are no commands", () => {
    for (const wrong of ["op read a", '{"smtpPassword":""}', '{"secrets":{"a b":"op"}}', '["op"]']) {
      assert.match(
        problemsOf("prod", { secretsFrom: wrong }).join("\n"),
        /^secretsFrom: expected names of secrets, .*Fix: pulumi config set --path secretsFrom\.NAME VALUE --stack prod$/m,
      );
    }
  });
});

describe("a command that prints a secret", () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-keeper-"));
  const keeper = join(folder, "keeper");
  writeFileSync(
    keeper,
    `#!/bin/sh
case $1 in
  get) printf '%s\\n' "$2" ;;
  passphrase) echo "none$PULUMI_CONFIG_PASSPHRASE" ;;
  *) echo "half a value"; echo "vault is sealed" >&2; exit 3 ;;
esac
`,
  );
  chmodSync(keeper, 0o700);
  after(() => {
    rmSync(folder, { recursive: true });
  });

  test("gives what it prints, without a shell, and is not told the passphrase", async () => {
    process.env["PULUMI_CONFIG_PASSPHRASE"] = "a passphrase";
    const printed = await printedSecrets("prod", [
      { path: "smtpPassword", command: [keeper, "get", "$(id) *;"] },
      { path: "originKey", command: [keeper, "get", "line 1\nline 2"] },
      { path: "secrets.passphrase", command: [keeper, "passphrase"] },
    ]);
    assert.deepEqual(Object.fromEntries(printed), {
      smtpPassword: "$(id) *;",
      originKey: "line 1\nline 2",
      "secrets.passphrase": "none",
    });
  });

  test("is named with its fix where it fails, and what it printed is not", async () => {
    const failing = printedSecrets("prod", [
      { path: "smtpPassword", command: [keeper, "unseal"] },
      { path: "originKey", command: [join(folder, "missing"), "get"] },
      { path: "secrets.empty", command: [keeper, "get", ""] },
    ]);
    await assert.rejects(failing, ({ message }: Error) => {
      assert.match(message, /secretsFrom\.smtpPassword: .*keeper unseal: it ended with 3: vault is sealed\./);
      assert.match(message, /secretsFrom\.originKey: .*missing get: there is no such program/);
      assert.match(message, /secretsFrom\.secrets\.empty: .*it printed nothing\. Fix: .* --stack prod$/m);
      assert.ok(!message.includes("half a value"));
      return true;
    });
  });
});
