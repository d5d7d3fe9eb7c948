import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseProjectSettings, projectProblems } from "../../stacks/own-settings.ts";
import { parseSettings, SettingsError } from "../../stacks/parse.ts";
import { publishedPorts } from "../../stacks/stack-config.ts";
import { partlyPlain } from "../../stacks/settings-text.ts";

const refusal = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof SettingsError);
    return error.problems.join("\n");
  }
  return "";
};
const problemsOf = (
  stack: string,
  settings: Record<string, string>,
  env: Record<string, string> = {},
  secret: readonly string[] = [],
) => refusal(() => parseSettings(stack, settings, new Set(secret), env));

describe("a stack's name", () => {
  for (const [name, meant] of [
    ["prod_eu", "prod-eu"],
    ["Prod-EU", "prod-eu"],
    ["shop.example.org", "shop-example-org"],
    ["prod-", "prod"],
    [`a${"b".repeat(69)}`, `a${"b".repeat(39)}`],
  ] as const) {
    test(`${name} is refused with the rule and a name that fits`, () => {
      assert.equal(
        problemsOf(name, { shape: "prod" }),
        `stack ${name}: a name has small letters, digits and dashes, 63 at most, and no dash at either end. Fix: pulumi stack rename ${meant} --stack ${name}`,
      );
    });
  }

  test("of an ordinary kind is taken", () => {
    for (const name of ["prod-eu", "e2e-prod-0a1b2c", "a", "2026"]) {
      assert.equal(problemsOf(name, { shape: "prod" }), "", name);
    }
  });

  test("leaves room for containers' names in DNS, if there is a proxy", () => {
    const parse = (stack: string, domain: Record<string, string>) =>
      refusal(() =>
        parseProjectSettings("berth", stack, Object.entries({ "berth:shape": "prod", ...domain }), []),
      );
    const proxy = { "berth:domain": "example.org", "berth:tls": "selfsigned" };
    assert.equal(parse("a".repeat(43), proxy), "");
    assert.match(parse("a".repeat(45), proxy), /longer than DNS takes.*2 characters shorter/);
    assert.equal(parse("a".repeat(47), {}), "");
  });
});

describe("an engine's address", () => {
  const remote = "tcp://docker.example.org:2375";
  const certified = { DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: "/certs" };

  test("in the clear is refused unless it is this machine's", () => {
    assert.match(
      problemsOf("prod", { dockerHost: remote }),
      /^dockerHost: tcp:\/\/docker\.example\.org:2375 is not encrypted.*Fix: pulumi config set dockerHost ssh:\/\/USER@docker\.example\.org --stack prod, or DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH/,
    );
    assert.match(problemsOf("prod", {}, { DOCKER_HOST: remote }), /^DOCKER_HOST: .* is not encrypted/);
    assert.match(problemsOf("prod", { dockerHost: remote }, { DOCKER_TLS_VERIFY: "1" }), /not encrypted/);
    for (const local of ["tcp://127.0.0.1:2375", "tcp://localhost:2375", "tcp://[::1]:2375"]) {
      assert.equal(problemsOf("prod", { dockerHost: local }), "", local);
    }
    assert.equal(problemsOf("prod", { dockerHost: remote }, certified), "");
    assert.equal(problemsOf("prod", { dockerHost: "ssh://deploy@docker.example.org:2222" }), "");
  });

  test("on another host is refused for dev, whose sources are mounted", () => {
    const ssh = "ssh://deploy@docker.example.org";
    assert.match(
      problemsOf("dev", { dockerHost: ssh }),
      /^dockerHost: a dev stack mounts app\/src of this machine.*Fix: pulumi config rm dockerHost --stack dev, or deploy a stack of another kind/,
    );
    assert.match(
      problemsOf("dev", {}, { DOCKER_HOST: ssh }),
      /^DOCKER_HOST: a dev stack mounts .*unset DOCKER_HOST/,
    );
    assert.equal(problemsOf("basic", { dockerHost: ssh }), "");
    assert.equal(problemsOf("dev", {}, { DOCKER_HOST: "unix:///var/run/docker.sock" }), "");
  });
});

test("addresses with user and password are refused, and neither is repeated", () => {
  const addresses: Record<string, string> = {
    tracesEndpoint: "http://user:hunter2@collector:4318",
    s3Endpoint: "https://user:hunter2@s3.example.org",
    acmeDirectory: "https://user:hunter2@ca.example.org/directory",
    dockerHost: "ssh://deploy:hunter2@docker.example.org",
    publicUrl: "https://user:hunter2@shop.example.org",
  };
  for (const [name, address] of Object.entries(addresses)) {
    const said = problemsOf("prod", { [name]: address });
    assert.match(said, new RegExp(`^${name}: expected .*got "[a-z]+://…@`), name);
    assert.ok(!said.includes("hunter2"), said);
    const harmless = address.replace(/(\/\/)[^@]*@/, name === "dockerHost" ? "$1deploy@" : "$1");
    assert.ok(!problemsOf("prod", { [name]: harmless }).startsWith(`${name}: expected`), harmless);
  }
});

describe("a stack behind a shared proxy", () => {
  const behind = { domain: "example.org", tls: "selfsigned", proxy: "proxy" };
  test("publishes no port", () => {
    assert.deepEqual(publishedPorts(parseSettings("prod", behind)), []);
  });

  for (const [setting, value] of [
    ["http3", "true"],
    ["proxyProtocol", "true"],
    ["trustedProxies", "10.0.0.7"],
    ["tls", "off"],
    ["domain", "203.0.113.7,example.org"],
  ] as const) {
    test(`${setting} ${value} is refused with the fix`, () => {
      const problems = problemsOf("prod", { ...behind, [setting]: value }).split("\n");
      const [problem = ""] = problems.filter(
        (one) => one.startsWith(`${setting}: `) && one.includes("proxy"),
      );
      assert.match(problem, /the shared proxy|cannot go with proxy proxy/);
      assert.match(problem, /Fix: .*pulumi config (?:rm|set) [\w ]+ --stack prod/);
    });
  }

  test("whose proxy has a port that is open to everybody is refused at the proxy", () => {
    const problems = problemsOf("proxy", { httpsPort: "8443" });
    assert.match(problems, /httpsPort: port 8443 would be open to everybody on 0\.0\.0\.0/);
    assert.match(problemsOf("proxy", { domain: "example.org" }), /domain: belongs to prod stacks/);
  });
});

describe("a secret of several parts", () => {
  const text = [
    "config:",
    "  berth:secrets:",
    "    paymentKey:",
    "      secure: v1:abc",
    "    mailKey: hunter2",
    "  berth:smtpPassword:",
    "    secure: v1:def",
  ].join("\n");

  test("is known to be plain in part, though Pulumi calls it a secret", () => {
    assert.deepEqual(partlyPlain(text), ["berth:secrets"]);
    assert.deepEqual(partlyPlain(text.replace("mailKey: hunter2", "mailKey: { secure: v1:ghi }")), []);
    assert.deepEqual(partlyPlain("config: {}\n"), []);
  });

  test("is refused then", () => {
    const entries = [["berth:secrets", '{"paymentKey":"a","mailKey":"hunter2"}']] as const;
    assert.equal(
      refusal(() => parseProjectSettings("berth", "prod", entries, ["berth:secrets"])),
      "",
    );
    const said = refusal(() => parseProjectSettings("berth", "prod", entries, []));
    assert.match(said, /^secrets: is not encrypted.*set --secret --path secrets\.NAME --stack prod/);
    assert.ok(!said.includes("hunter2"));
  });
});

describe("a project's name", () => {
  test("is the namespace of the settings: others are refused", () => {
    assert.deepEqual(
      projectProblems("shop", "prod", ["berth:domain", "shop:replicas", "docker:host", "aws:region"]),
      [
        "berth:domain: is a setting of project berth, and this project is shop (Pulumi.yaml). " +
          "Fix: write it as shop:domain in Pulumi.prod.yaml, or name: berth in Pulumi.yaml if the project was renamed",
      ],
    );
  });

  test("is one that images and volumes can have", () => {
    for (const wrong of ["Shop", "shop--eu", "-shop", "sh op"]) {
      assert.match(
        projectProblems(wrong, "prod", []).join(),
        /^project .*Fix: name: in Pulumi\.yaml$/,
        wrong,
      );
    }
    assert.deepEqual(projectProblems("shop_2.eu", "prod", []), []);
  });
});
