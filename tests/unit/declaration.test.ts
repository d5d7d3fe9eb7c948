import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { dockerfileFacts, withLayer } from "../../declaration/dockerfile.ts";
import { DeclarationError } from "../../declaration/problems.ts";
import { readDeclaration, type Declaration } from "../../declaration/read-declaration.ts";
import { declarationJsonSchema } from "../../declaration/schema.ts";
import { fillIn } from "../../declaration/template.ts";
import { checkout } from "../../cli/checkout.ts";
import { appEnvironment, secretEnvironment } from "../../infra/facts/app-environment.ts";
import { parseSettings } from "../../stacks/parse.ts";

type Files = Readonly<Record<string, string | object>>;

/** A project with one application in `shop/`. */
function project(t: TestContext, files: Files): string {
  const root = mkdtempSync(join(tmpdir(), "berth-declaration-"));
  t.after(() => {
    rmSync(root, { recursive: true });
  });
  mkdirSync(join(root, "shop"));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(root, "shop", name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return root;
}

const read = (t: TestContext, files: Files): Declaration => readDeclaration(project(t, files), "shop");

function problemsOf(t: TestContext, files: Files): readonly string[] {
  try {
    read(t, files);
  } catch (error) {
    assert.ok(error instanceof DeclarationError, String(error));
    return error.problems;
  }
  return assert.fail("the declaration was taken");
}

const dockerfile = 'FROM node:24\nEXPOSE 4000/tcp\nUSER 1001:1001\nCMD ["npm", "start"]\n';

describe("a declaration", () => {
  test("is not needed: the Dockerfile and package.json say the usual things", (t) => {
    const found = read(t, {
      Dockerfile: dockerfile,
      "package.json": { scripts: { start: "node server.js" } },
    });
    assert.deepEqual([found.port, found.user, found.web], [4000, 1001, ["node", "server.js"]]);
    assert.deepEqual([found.runtime, found.headers, found.worker], ["layer", "app", undefined]);
    assert.equal(found.migrate, undefined);
  });

  test("stands in berth.json, or in package.json", (t) => {
    const berth = { port: 8081, web: "node -r ts-node/register app.ts", worker: ["node", "jobs.js"] };
    const apart = read(t, { Dockerfile: dockerfile, "berth.json": berth });
    const inside = read(t, { Dockerfile: dockerfile, "package.json": { berth } });
    for (const found of [apart, inside]) {
      assert.equal(found.port, 8081);
      assert.deepEqual(found.web, ["node", "-r", "ts-node/register", "app.ts"]);
      assert.deepEqual(found.worker, ["node", "jobs.js"]);
    }
  });

  test("is refused with all problems at once, the key that was meant, and fixes", (t) => {
    const problems = problemsOf(t, {
      Dockerfile: dockerfile,
      "berth.json": {
        prot: 80,
        health: "up",
        migrate: { upp: "x" },
        static: [{ at: "static", folder: "/s" }],
        web: 7,
      },
    });
    assert.equal(problems.length, 6, problems.join("\n"));
    for (const expected of [
      /^prot: there is no such key; did you mean port\? Fix:/,
      /^health: expected a path such as "\/health"/,
      /^migrate\.upp: there is no such key; did you mean up\?/,
      /^migrate\.up: expected/,
      /^static\.0\.at: expected a path that begins and ends with a slash/,
      /^web: expected a text, or a list of words/,
    ])
      assert.ok(
        problems.some((problem) => expected.test(problem)),
        `${String(expected)} in\n${problems.join("\n")}`,
      );
  });

  test("is refused with templates that name nothing, and files that are not there", (t) => {
    const problems = problemsOf(t, {
      "package.json": {},
      "berth.json": { env: { URL: "${database.hots}", KEY: "${secret.session|base}", OPEN: "${stack" } },
    });
    assert.match(
      problems.join("\n"),
      /env\.URL: \$\{database\.hots\} names no value; did you mean \$\{database\.host\}\?/,
    );
    assert.match(problems.join("\n"), /env\.KEY: .*unknown filter\. Filters are url and json/);
    assert.match(problems.join("\n"), /env\.OPEN: .*does not close it/);
    assert.match(problems.join("\n"), /build: there is neither a Dockerfile nor a lockfile/);
  });

  test("needs no Dockerfile if there is a lockfile", (t) => {
    for (const [lockfile, install] of [
      ["package-lock.json", /npm ci/],
      ["yarn.lock", /yarn@1[^]*yarn install --frozen-lockfile/],
      ["pnpm-lock.yaml", /pnpm@10[^]*pnpm install --frozen-lockfile/],
    ] as const) {
      const { origin, web } = read(t, {
        [lockfile]: "",
        "package.json": { main: "app.js", scripts: { build: "tsc" } },
      });
      assert.ok(origin.kind === "build" && origin.generated);
      assert.match(origin.dockerfile, install);
      assert.match(origin.dockerfile, /run build/);
      assert.deepEqual(web, ["node", "app.js"]);
    }
  });

  test("is built by the version that wrote the lockfile, or the one that package.json names", (t) => {
    const install = (lockfile: string, text: string, packageManager?: string) => {
      const { origin } = read(t, { [lockfile]: text, "package.json": { packageManager } });
      assert.ok(origin.kind === "build");
      return /npm install --global (\S+)/.exec(origin.dockerfile)?.[1];
    };
    const yarn = (version: number) => `# by yarn\n\n__metadata:\n  version: ${version}\n`;
    assert.equal(install("pnpm-lock.yaml", "lockfileVersion: 5.4\n"), "pnpm@7");
    assert.equal(install("pnpm-lock.yaml", "lockfileVersion: '6.0'\n"), "pnpm@8");
    assert.equal(install("pnpm-lock.yaml", "lockfileVersion: '9.0'\n"), "pnpm@10");
    assert.equal(
      install("pnpm-lock.yaml", "lockfileVersion: '9.0'\n", "pnpm@9.1.0+sha256.abc"),
      "pnpm@9.1.0",
    );
    assert.equal(install("yarn.lock", "# yarn lockfile v1\n"), "yarn@1");
    assert.equal(install("yarn.lock", yarn(10)), "@yarnpkg/cli-dist@4");
    assert.equal(install("yarn.lock", yarn(6)), "@yarnpkg/cli-dist@3");
    assert.equal(install("yarn.lock", yarn(8), "yarn@4.1.0"), "@yarnpkg/cli-dist@4.1.0");
    assert.equal(install("yarn.lock", yarn(8), "pnpm@9.1.0"), "@yarnpkg/cli-dist@4");
  });

  test("installs packages before it has the sources, unless the installation needs them", (t) => {
    const early = (pack: object, lock = "{}", more: Files = {}) => {
      const { origin } = read(t, { "package-lock.json": lock, "package.json": pack, ...more });
      assert.ok(origin.kind === "build");
      return /manifests \.\/\nRUN[^]*npm ci --ignore-scripts[^]*\nFROM packages/.test(origin.dockerfile);
    };
    assert.ok(early({ dependencies: { ms: "2.1.3" } }));
    assert.ok(early({ main: "./index.js", dependencies: { ms: "npm:ms@2" } }));
    for (const specifier of ["file:lib", "link:../lib", "./lib.tgz", "portal:lib"]) {
      assert.ok(!early({ dependencies: { lib: specifier } }), specifier);
      assert.ok(!early({ overrides: { a: { lib: specifier } } }), specifier);
    }
    assert.ok(!early({}, '{ "resolved": "git+ssh://git@github.com/a/b.git#1" }'), "a repository's own build");
    assert.ok(!early({}, "{}", { "binding.gyp": "{}" }));
    assert.ok(!early({}, "{}", { ".yarnrc.yml": "yarnPath: tools/yarn.cjs" }));
    assert.ok(early({}, "{}", { ".yarnrc.yml": 'plugins:\n  - path: ".yarn/plugins/a.cjs"' }));
  });

  test("runs scripts of the installation only when the sources are there", (t) => {
    const late = (pack: object, lock = "{}") => {
      const { origin } = read(t, { "package-lock.json": lock, "package.json": pack });
      assert.ok(origin.kind === "build");
      return /FROM packages AS built[^]*/.exec(origin.dockerfile)?.[0] ?? "";
    };
    assert.doesNotMatch(late({}), /npm ci/);
    const again = /sources \/app[^]*npm ci --prefer-offline/;
    assert.match(late({}, '{ "hasInstallScript": true }'), again);
    assert.match(late({}, '{ "lockfileVersion": 1 }'), again);
    assert.match(late({ scripts: { postinstall: "patch-package" } }), again);
    assert.match(late({ workspaces: ["a"] }), again);
  });

  test("of berth's own application is one like any other, and its schema is published", () => {
    assert.equal(readDeclaration(checkout.root, "app").file, "app/berth.json");
    const file = join(checkout.root, "docs/berth.schema.json");
    if (process.env["UPDATE_GOLDEN"] !== undefined)
      writeFileSync(file, JSON.stringify(declarationJsonSchema()));
    assert.deepEqual(
      JSON.parse(readFileSync(file, "utf8")),
      JSON.parse(JSON.stringify(declarationJsonSchema())),
      "run it with UPDATE_GOLDEN=1, format the file, and review the difference",
    );
  });
});

describe("npm's scripts as commands", () => {
  const web = (t: TestContext, start: string, more = {}) =>
    read(t, { "package-lock.json": "{}", "package.json": { scripts: { start, ...more } } }).web;

  test("are what they say, if that is node and needs no shell", (t) => {
    assert.deepEqual(web(t, "node --max-old-space-size=200 'my app.js'"), [
      "node",
      "--max-old-space-size=200",
      "my app.js",
    ]);
    assert.deepEqual(web(t, "NODE_ENV=production node app.js"), ["npm", "start"]);
    assert.deepEqual(web(t, "node app.js", { prestart: "node check.js" }), ["npm", "start"]);
    assert.deepEqual(web(t, "nodemon app.js"), ["npm", "start"]);
  });
});

describe("Dockerfiles", () => {
  const staged =
    'FROM node:24 AS build\nEXPOSE 1\nRUN a \\\n  && b\nFROM build AS Web\nEXPOSE 2\nUSER node\nENTRYPOINT ["x"]\nCMD ["y"]\nFROM build AS other\nCMD node z\n';

  test("are read by the stage that is built", () => {
    assert.deepEqual(dockerfileFacts(staged), { port: undefined, user: undefined, command: "node z" });
    assert.deepEqual(dockerfileFacts(staged, "web"), { port: 2, user: undefined, command: undefined });
  });

  test("get berth's lines at the end of that stage", () => {
    assert.match(withLayer(staged, undefined, ["LABEL a=b"]), /CMD node z\n\nLABEL a=b\n$/);
    assert.match(withLayer(staged, "web", ["LABEL a=b"]), /CMD \["y"\]\n\nLABEL a=b\n$/);
    assert.throws(() => withLayer(staged, "api", []), /no stage api/);
  });
});

describe("variables", () => {
  const wiring = { databaseUser: "app_a", secrets: "/run/secrets/app" };
  const env = {
    DATABASE_URL:
      "postgres://${database.user}:${secret.databasePassword|url}@${database.host}:5432/${database.name}",
    MAIL: "${smtp.url}",
    LOG_FORMAT: "json",
    PRICE: "$${not a template}",
    STRIPE: "${secret.own.stripeKey}",
  };
  const stack = (settings: Record<string, string>) =>
    parseSettings("prod", { domain: "example.org", ...settings }, new Set(["secrets"]));

  test("with secrets are in a file, and those of parts that the stack lacks are left out", (t) => {
    const app = read(t, { Dockerfile: dockerfile, "berth.json": { env } });
    const config = stack({ env: '{"LOG_FORMAT":"text","EXTRA":"1"}', secrets: '{"stripeKey":"x"}' });
    const plain = appEnvironment(config, app, wiring);
    assert.deepEqual(
      { ...plain },
      {
        PORT: "4000",
        NODE_ENV: "production",
        LOG_FORMAT: "text",
        EXTRA: "1",
        PRICE: "${not a template}",
        BERTH_PORT: "4000",
        BERTH_HEALTH: "/_edge/health",
        BERTH_DRAIN: "25",
        BERTH_ENV_FILE: "/run/secrets/app/environment.json",
      },
    );
    const secrets = { "secret.databasePassword": "a/b", "secret.own.stripeKey": "sk" };
    assert.deepEqual(JSON.parse(secretEnvironment(config, app, wiring, secrets) ?? ""), {
      DATABASE_URL: "postgres://app_a:a%2Fb@postgres:5432/app",
      STRIPE: "sk",
    });
  });

  test("of a stack that are encrypted are refused: containers show them", () => {
    assert.throws(
      () => parseSettings("prod", { env: '{"A":"1"}' }, new Set(["env"])),
      /env: holds a secret.*set --secret --path secrets\.NAME --stack prod, and \$\{secret\.own\.NAME\}/,
    );
    assert.throws(
      () => parseSettings("prod", { env: "text" }),
      /env: expected names of variables.*--path env\.NAME/,
    );
  });

  test("of a template are filled in as they are, or for an address", () => {
    assert.equal(fillIn("${a|url}:${a}", { a: "x y" }), "x%20y:x y");
    assert.equal(fillIn("${a}", { a: undefined }), undefined);
  });
});

test("berth's own application gets the variables that it has always had", () => {
  const names = Object.keys(readDeclaration(checkout.root, "app").env);
  const config = readFileSync(join(checkout.app, "src/config.ts"), "utf8");
  const unread = names.filter((name) => !name.startsWith("NODE_") && !config.includes(name));
  assert.deepEqual(unread, []);
});
