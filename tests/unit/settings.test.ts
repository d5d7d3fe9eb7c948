import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { connectionsNeeded } from "../../stacks/database.ts";
import { kinds } from "../../stacks/kinds.ts";
import { kindOf, parseSettings, SettingsError } from "../../stacks/parse.ts";
import { publishedPorts, stackKinds } from "../../stacks/stack-config.ts";

function problemsOf(
  stack: string,
  raw: Record<string, string>,
  secretKeys = new Set<string>(),
): readonly string[] {
  try {
    parseSettings(stack, raw, secretKeys);
  } catch (error) {
    assert.ok(error instanceof SettingsError);
    return error.problems;
  }
  return [];
}

describe("a stack's settings", () => {
  test("none are needed for dev, basic and prod", () => {
    for (const stack of stackKinds) assert.deepEqual(problemsOf(stack, {}), []);
  });

  test("dev publishes the application, Adminer and Postgres on loopback", () => {
    assert.deepEqual(
      publishedPorts(parseSettings("dev", {})).map(({ part, address, port }) => `${part} ${address}:${port}`),
      ["app 127.0.0.1:8000", "adminer 127.0.0.1:8080", "postgres 127.0.0.1:5433"],
    );
  });

  test("modules' secrets are known by name only", () => {
    const secrets = '{"paymentKey":"sk_1"}';
    assert.deepEqual(parseSettings("dev", { secrets }, new Set(["secrets"])).app.secrets, ["paymentKey"]);
    for (const wrong of ["sk_1", '{"payment-key":"a"}', '{"key":{"a":"b"}}', '["a"]']) {
      const [problem] = problemsOf("dev", { secrets: wrong }, new Set(["secrets"]));
      assert.match(problem ?? "", /^secrets: expected names of .* got another secret/);
      assert.doesNotMatch(problem ?? "", /sk_1/);
    }
  });

  test("a mail server that cannot work is refused, each fault with its fix", () => {
    const sender = { mailFrom: "shop@example.org" };
    for (const [settings, told] of [
      [
        { smtpUrl: "smtp://mail.example.org:465", ...sender },
        /smtpUrl: port 465 .*smtps:\/\/mail\.example\.org:465/,
      ],
      [
        { smtpUrl: "smtps://mail.example.org:587", ...sender },
        /smtpUrl: port 587 .*smtp:\/\/mail\.example\.org:587/,
      ],
      [{ smtpUrl: "smtp://mail.example.org", mailFrom: "abc" }, /mailFrom: .*shop@example\.org/],
      [
        { smtpUrl: "smtp://10.0.0.1", smtpTls: "off", smtpUser: "u", ...sender },
        /smtpTls: off would send smtpPassword in the clear/,
      ],
      [{ smtpUrl: "smtps://mail.example.org", smtpTls: "off", ...sender }, /smtpTls: off contradicts smtps:/],
    ] as const)
      for (const shape of ["basic", "prod"]) assert.match(problemsOf(shape, settings).join("\n"), told);
  });

  test("secrets that are not encrypted are refused, all at once and beside other problems", () => {
    const plain = {
      secrets: '{"paymentKey":"hunter2"}',
      s3SecretKey: "hunter2",
      smtpPassword: "hunter2",
      cloudflareToken: "hunter2",
      originKey: "",
      replicas: "none",
    };
    const problems = problemsOf("prod", plain);
    assert.deepEqual(problems.map((problem) => problem.split(":")[0]).sort(), Object.keys(plain).sort());
    assert.ok(!problems.join().includes("hunter2"));
    assert.ok(
      problems.some((p) => p.includes("pulumi config set --secret --path secrets.NAME --stack prod")),
      problems.join("\n"),
    );
    assert.ok(problems.some((p) => p.includes("pulumi config set --secret originKey --stack prod")));
  });

  test("rolling releases need a second replica, and Nginx in front, and no canary; side by side is the default", () => {
    assert.equal(parseSettings("prod", {}).release.strategy, "blue-green");
    const rolling = { strategy: "rolling", replicas: "2", domain: "example.org" };
    assert.equal(parseSettings("prod", rolling).release.strategy, "rolling");
    const canary = { canary: "10", appImage: "berth/app-prod:0a1b2c3d4e5f" };
    const problems = problemsOf("prod", { strategy: "rolling", replicas: "1", ...canary });
    assert.deepEqual(
      problems.map((problem) => /Fix: (.*) --stack prod/.exec(problem)?.[1]),
      [
        "pulumi config set strategy blue-green --stack prod, or take the canary away: npx berth canary abort",
        "pulumi config set replicas 2",
        "pulumi config set domain example.org",
      ],
    );
    assert.ok(problems.every((problem) => problem.startsWith("strategy: rolling ")));
    const [alone] = problemsOf("prod", { canary: "0", appImage: canary.appImage });
    assert.match(alone ?? "", /^canary: 0 % .*pulumi config set canaryHeader X-Canary --stack prod$/);
    const [problem] = problemsOf("prod", { strategy: "canary" });
    assert.match(problem ?? "", /^strategy: expected blue-green or rolling, got/);
  });

  test("basic runs three processes behind one loopback port", () => {
    const config = parseSettings("basic", {});
    assert.equal(config.app.processes, 3);
    assert.deepEqual(
      publishedPorts(config).map(({ address, port }) => `${address}:${port}`),
      ["127.0.0.1:8000"],
    );
  });

  test("prod publishes nothing without a domain, and only 80 and 443 with one", () => {
    assert.deepEqual(publishedPorts(parseSettings("prod", {})), []);
    assert.deepEqual(
      publishedPorts(parseSettings("prod", { domain: "example.org" })).map(({ port }) => port),
      [80, 443],
    );
  });

  test("every problem is reported at once, each with its setting and the fix", () => {
    const problems = problemsOf("e2e-1", {
      shape: "dev",
      appPort: "0",
      adminrPort: "1",
      replicas: "2",
      timeZone: "Mars",
    });
    assert.equal(problems.length, 4);
    assert.ok(
      problems.some(
        (p) =>
          p.startsWith("appPort: expected a whole number from 1 to 65535") &&
          p.includes("pulumi config set appPort"),
      ),
    );
    assert.ok(problems.some((p) => p.startsWith("adminrPort: ") && p.includes("did you mean adminerPort?")));
    assert.ok(
      problems.some(
        (p) => p.startsWith("replicas: belongs to prod stacks") && p.includes("pulumi config rm replicas"),
      ),
    );
    assert.ok(problems.some((p) => p.startsWith("timeZone: ") && p.includes('"Mars"')));
  });

  test("a secret's value is never repeated", () => {
    const problems = problemsOf("dev", { appPort: "hunter2" }, new Set(["appPort"]));
    assert.equal(problems.length, 1);
    assert.ok(!problems.join().includes("hunter2"));
  });

  test("an unknown stack name suggests the near one and says how to give it a shape", () => {
    const [problem] = problemsOf("prd", {});
    assert.match(problem ?? "", /did you mean prod\?.*pulumi config set shape/);
    assert.deepEqual(problemsOf("prd", { shape: "prod" }), []);
    assert.throws(
      () => kindOf("stagng", undefined, ["staging"]),
      /is none of dev, basic, prod, proxy, staging; did you mean staging\?/,
    );
  });

  test("settings of another stack are refused", () => {
    assert.match(
      problemsOf("dev", { shape: "prod" })[0] ?? "",
      /settings of a prod stack, and this stack is dev/,
    );
    assert.match(problemsOf("prod", { adminerPort: "1" })[0] ?? "", /belongs to dev stacks/);
  });

  test("two parts on one port are refused", () => {
    assert.match(problemsOf("dev", { adminerPort: "8000" })[0] ?? "", /port 8000 is already appPort's/);
    const prod = { domain: "example.org", tls: "selfsigned", httpPort: "443" };
    assert.deepEqual(problemsOf("prod", prod), [
      "httpsPort: port 443 is already httpPort's. Fix: pulumi config set httpsPort PORT --stack prod",
    ]);
  });

  test("a setting by its former name is answered with its present one", () => {
    assert.deepEqual(problemsOf("prod", { workers: "2", edgeAddress: "10.0.0.5" }), [
      "workers: is called processes now. Fix: pulumi config set processes 2 --stack prod, and pulumi config rm workers --stack prod",
      "edgeAddress: is called proxyAddress now. Fix: pulumi config set proxyAddress 10.0.0.5 --stack prod, and pulumi config rm edgeAddress --stack prod",
    ]);
    assert.match(problemsOf("dev", { workers: "2" })[0] ?? "", /belongs to basic and prod stacks/);
  });

  test("every command that fixes a setting names the stack", () => {
    const everythingWrong = [
      { domain: "", tls: "cloudflare", http3: "true", hstsPreload: "true", trustedProxies: "10.0.0.1" },
      { domain: "*.example.org,10.0.0.1,shop.lan", httpPort: "8080" },
      { domain: "example.org", acmeChallenge: "dns", replicas: "40", tls: "off", http3: "true" },
      { smtpUrl: "smtp://user@mail.example.org", smtpUser: "user", registryUser: "ci" },
      { s3Endpoint: "https://s3.example.org", strategy: "rolling", replicas: "1", canary: "5" },
      { smtpPassword: "plain", nonsense: "1", adminerPort: "1", workers: "1", maxBody: "0" },
    ];
    for (const settings of everythingWrong)
      for (const problem of problemsOf("shop", { shape: "prod", ...settings })) {
        const commands = problem.match(/pulumi config (?:set|rm)/g) ?? [];
        const withStack = problem.match(/--stack shop\b/g) ?? [];
        assert.ok(withStack.length >= commands.length, problem);
      }
  });

  test("pools that could exhaust Postgres are refused with the number that is enough", () => {
    const [problem] = problemsOf("prod", { replicas: "20" });
    assert.match(problem ?? "", /pulumi config set databaseMaxConnections 225/);
    const enough = parseSettings("prod", { replicas: "20", databaseMaxConnections: "225" });
    assert.equal(connectionsNeeded(enough), 225);
  });

  test("a bucket needs its name and both keys, and the secret one is not part of the configuration", () => {
    const address = { s3Endpoint: "https://s3.example.org/" };
    assert.deepEqual(
      problemsOf("basic", address).map((problem) => problem.split(":")[0]),
      ["s3Bucket", "s3AccessKey", "s3SecretKey"],
    );
    const settings = { ...address, s3Bucket: "media", s3AccessKey: "key", s3SecretKey: "hunter2" };
    for (const stack of stackKinds.filter((kind) => kind !== "proxy")) {
      const config = parseSettings(stack, settings, new Set(["s3SecretKey"]));
      assert.equal(config.bucket?.s3Endpoint, "https://s3.example.org");
      assert.ok(!JSON.stringify(config).includes("hunter2"));
    }
  });

  test("images go to a repository of a registry, and its password is not part of the configuration", () => {
    const login = { registryUser: "ci", registryPassword: "hunter2" };
    const secret = new Set(["registryPassword"]);
    const registryOf = (settings: Record<string, string>) => {
      const config = parseSettings("prod", settings, secret);
      assert.ok(!JSON.stringify(config).includes("hunter2"));
      return config.registry;
    };
    const repository = "registry.example.org:5000/team/shop";
    const host = "registry.example.org:5000";
    const account = { host, registryUser: "ci", registryPassword: true };
    assert.deepEqual(registryOf({ registry: repository, ...login }), { ...account, registry: repository });
    const digest = `sha256:${"ab".repeat(32)}`;
    assert.deepEqual(registryOf({ appImage: `${repository}@${digest}`, ...login }), account);
    assert.equal(registryOf({ appImage: "berth/app-prod:0a1b2c3d4e5f", ...login }), undefined);
    assert.match(problemsOf("prod", { registryUser: "ci" })[0] ?? "", /^registryUser: goes with/);
    const printed = { registryPasswordCommand: "aws ecr get-login-password" };
    const registry = registryOf({ registry: repository, registryUser: "AWS", ...printed });
    assert.equal(registry?.registryPasswordCommand, printed.registryPasswordCommand);
    assert.match(problemsOf("prod", printed)[0] ?? "", /^registryUser: goes with registryPasswordCommand/);
    const [both, ...more] = problemsOf("prod", { ...login, ...printed }, secret);
    assert.match(both ?? "", /^registryPasswordCommand: stands instead .* rm registryPassword --stack prod/);
    assert.deepEqual(more, []);
    for (const wrong of [
      "team/shop",
      `${repository}:1`,
      "https://registry.example.org/shop",
      "r.org/Shop",
      "r.org",
    ])
      assert.match(
        problemsOf("basic", { registry: wrong })[0] ?? "",
        /^registry: expected a repository/,
        wrong,
      );
    assert.match(problemsOf("dev", { registry: repository })[0] ?? "", /belongs to basic and prod stacks/);
  });

  test("every setting has a description", () => {
    for (const kind of stackKinds)
      for (const [name, field] of Object.entries(kinds[kind].fields))
        assert.ok((field.description ?? "").length > 10, `${kind} ${name}`);
  });
});
