import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { examine } from "../../cli/adoption/examine.ts";
import { parseExample, takeValues } from "../../cli/adoption/variables.ts";

function examined(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  values: ReadonlyMap<string, string> = new Map(),
) {
  const home = mkdtempSync(join(tmpdir(), "berth-adoption-"));
  t.after(() => {
    rmSync(home, { recursive: true });
  });
  for (const [name, text] of Object.entries({ "package.json": "{}", ...files })) {
    mkdirSync(dirname(join(home, name)), { recursive: true });
    writeFileSync(join(home, name), text);
  }
  return examine(home, values);
}

const compose = `services:
  db:
    image: postgres:15
    environment: { POSTGRES_PASSWORD: pw }
    volumes: [data:/var/lib/postgresql/data]
  web:
    build: .
    command: node server.js --fast
    ports: ["127.0.0.1:80:8081"]
    env_file: .env
    environment:
      DATABASE_URL: postgres://me:pw@db/shop
      LOG_FORMAT: json
      STRIPE_KEY: sk_live_1
      REGION: \${REGION:-eu}
    volumes: ["files:/srv/uploads/", "./:/srv", "/srv/node_modules"]
  jobs:
    build: .
    command: [node, jobs.js]
`;

describe("adopt reads a compose file", () => {
  test("for port, commands, uploads and variables of what is built from it", (t) => {
    const { declaration } = examined(t, {
      "compose.yml": compose,
      ".env": "FROM_FILE=a value that nobody sees\n",
    });
    const { env, ...others } = declaration as { env: Record<string, string> };
    assert.deepEqual(others, {
      web: "node server.js --fast",
      worker: ["node", "jobs.js"],
      port: 8081,
      uploads: "/srv/uploads",
    });
    assert.match(env["DATABASE_URL"] ?? "", /^postgres:\/\/\$\{database\.user\}/);
    assert.deepEqual([env["LOG_FORMAT"], env["STRIPE_KEY"]], ["json", "${secret.own.stripeKey}"]);
    assert.equal(env["REGION"], undefined, "compose fills it in from elsewhere");
  });

  test("and takes no value of a file with secrets, only its names", (t) => {
    const found = examined(t, { "compose.yml": compose, ".env": "FROM_FILE=a value that nobody sees\n" });
    assert.doesNotMatch(JSON.stringify(found), /nobody sees|sk_live_1|me:pw/);
    assert.ok(found.undecided.some(({ what }) => what === "env FROM_FILE"));
  });

  test("but not a command that is for development, nor a file in which nothing is built", (t) => {
    const watching = compose.replace("node server.js --fast", "npx nodemon server.js");
    assert.equal(examined(t, { "docker-compose.yaml": watching }).declaration["web"], undefined);
    const images = "services: { web: { image: shop, ports: ['80:8081'] } }\n";
    assert.equal(examined(t, { "compose.yaml": images }).declaration["port"], undefined);
  });
});

test("adopt reads app.json: health, what migrates, and variables", (t) => {
  const { declaration } = examined(t, {
    "app.json": JSON.stringify({
      env: { LOG_FORMAT: "json", API_TOKEN: { generator: "secret" } },
      healthchecks: {
        web: [
          { type: "liveness", path: "/live" },
          { type: "readiness", path: "/ready" },
        ],
      },
      scripts: { dokku: { predeploy: "node migrate.js" } },
    }),
    "server.js": 'app.get("/ping", pong);',
  });
  assert.deepEqual(declaration, {
    health: "/ready",
    migrate: { up: "node migrate.js" },
    env: { API_TOKEN: "${secret.own.apiToken}", LOG_FORMAT: "json" },
  });
});

test("adopt takes a Procfile's release for what migrates, if no tool is known", (t) => {
  const Procfile = "web: node web.js\nrelease: npm run migrate\n";
  assert.deepEqual(examined(t, { Procfile }).declaration["migrate"], { up: "npm run migrate" });
  const withTool = { Procfile, "package.json": '{"dependencies":{"prisma":"6.0.0"}}' };
  assert.match(JSON.stringify(examined(t, withTool).declaration["migrate"]), /prisma\/build/);
});

test("adopt says which stacks find no section in the knexfile, and how they do", (t) => {
  const told = (name: string, text: string) =>
    examined(t, { [name]: text, "package.json": '{"dependencies":{"knex":"3.1.0"}}' }).limits.map(
      ({ value, what }) => `${what}: ${value}`,
    );
  const section = 'client: "pg", connection: process.env.DATABASE_URL';
  const [dev, ...more] = told("knexfile.js", `module.exports = {\n  production: { ${section} },\n};`);
  assert.match(
    dev ?? "",
    /^dev: knexfile\.js has no section development.*env\.NODE_ENV production --stack dev$/,
  );
  assert.deepEqual(more, []);
  const [prod] = told(
    "src/knexfile.ts",
    `const config = { development: { ${section} }, test: {} };\n// production: later`,
  );
  assert.match(prod ?? "", /^basic, prod: src\/knexfile\.ts has no section production/);
  for (const text of [
    `module.exports = { ${section} };`,
    `exports.development = exports.production = { ${section} };`,
    `const staging = {}; module.exports = { "development": {}, 'production': {} };`,
    'module.exports = { [process.env.NODE_ENV ?? "development"]: {} };',
    'if (process.env.NODE_ENV === "production") {} module.exports = {};',
  ])
    assert.deepEqual(told("knexfile.js", text), [], text);
});

test("adopt says that sessions in Redis end with it", (t) => {
  const stored = (store: string) =>
    examined(t, {
      "package.json": JSON.stringify({ dependencies: { "express-session": "1", [store]: "1" } }),
      "app.js": 'session({ secret: process.env.SESSION_SECRET.split(",") })',
    }).limits.map(({ value }) => value);
  assert.match(stored("connect-redis").join("\n"), /^are in Redis, .*rotate cache.*Fix: a store in Postgres/);
  assert.deepEqual(stored("connect-pg-simple"), []);
});

test("adopt leaves to a person whether Nginx may serve a folder to everybody", (t) => {
  const { declaration, undecided } = examined(t, {
    "src/app.js": `app.use("/static", express.static(path.join(__dirname, "../public")));
app.use("/docs/", express.static("docs"));
app.use("/private", signedIn, express.static("private"));`,
  });
  assert.equal(declaration["static"], undefined);
  const shown = undecided.map(({ value }) => value).join("\n");
  assert.match(shown, /"static": \[\{"at":"\/static\/","folder":"\/app\/public"\}\]/);
  assert.match(shown, /\{"at":"\/docs\/","folder":"\/app\/docs"\}/);
  assert.doesNotMatch(shown, /private/);
});

test("adopt finds variables that are taken out of process.env, and keeps what examples say literally", (t) => {
  const { declaration, undecided } = examined(t, {
    "app.js":
      'const { LOG_FORMAT, STRIPE_KEY: key, REGION = "eu" } = process.env;\nconst { X } = process.env.Y;',
    ".env.example": "LOG_FORMAT=${level} json\n",
  });
  assert.deepEqual(declaration["env"], {
    LOG_FORMAT: "$${level} json",
    STRIPE_KEY: "${secret.own.stripeKey}",
  });
  assert.deepEqual(
    undecided.map(({ what }) => what).filter((what) => what.startsWith("env")),
    ["env REGION", "env STRIPE_KEY", "env Y"],
  );
});

describe("the values of a .env file", () => {
  const text = `PORT=3000
DATABASE_URL=postgres://me:hunter2@db/shop
SESSION_SECRET=old
LOG_FORMAT=\${level}
EMPTY=
STRIPE_KEY="sk_live_1"
UPSTREAM=https://me:hunter2@upstream.example
`;

  test("are sorted into settings, secrets and what the stack has its own of", () => {
    const { own, plain, secret } = takeValues(parseExample(text));
    assert.deepEqual(Object.fromEntries(plain), { "env.LOG_FORMAT": "$${level}" });
    assert.deepEqual(Object.fromEntries(secret), {
      "secrets.stripeKey": "sk_live_1",
      "secrets.upstream": "https://me:hunter2@upstream.example",
    });
    assert.deepEqual(own, ["DATABASE_URL", "SESSION_SECRET"]);
  });

  test("of a mail server or a bucket are taken, because a stack may have none", (t) => {
    const mail = parseExample(
      "SMTP_HOST=smtp.example\nSMTP_USER=mailer\nSMTP_PASS=hunter2\nS3_BUCKET=files\n",
    );
    const { own, plain, secret } = takeValues(mail);
    assert.deepEqual(Object.fromEntries(plain), {
      "env.SMTP_HOST": "smtp.example",
      "env.SMTP_USER": "mailer",
      "env.S3_BUCKET": "files",
    });
    assert.deepEqual(Object.fromEntries(secret), { "secrets.smtpPass": "hunter2" });
    assert.deepEqual(own, []);
    assert.deepEqual(examined(t, {}, mail).declaration, { env: { SMTP_PASS: "${secret.own.smtpPass}" } });
    const unknown = examined(t, { ".env.example": "SMTP_PASS=\nADMIN_PASS=hunter2\n" }).declaration["env"];
    assert.deepEqual(unknown, {
      ADMIN_PASS: "${secret.own.adminPass}",
      SMTP_PASS: "${secret.smtpPassword}",
    });
  });

  test("decide what is secret, and are shown nowhere", (t) => {
    const found = examined(t, {}, parseExample(text));
    const env = found.declaration["env"] as Record<string, string>;
    assert.deepEqual([env["UPSTREAM"], env["LOG_FORMAT"]], ["${secret.own.upstream}", undefined]);
    assert.doesNotMatch(JSON.stringify(found), /hunter2|sk_live_1/);
    assert.deepEqual(
      found.undecided.filter(({ what }) => what.startsWith("env")),
      [],
    );
  });
});

test("adopt says that a Dockerfile takes .env along, unless .dockerignore keeps it out", (t) => {
  const files = { Dockerfile: "FROM node\nCOPY . .\n", ".env": "A=1\n" };
  const told = (more: Readonly<Record<string, string>>) =>
    examined(t, { ...files, ...more })
      .limits.map(({ value }) => value)
      .join("\n");
  assert.match(told({}), /takes \.env into the image.*Fix: \.env in \.dockerignore/);
  assert.doesNotMatch(told({ ".dockerignore": ".env*\n" }), /\.env/);
});

await describe("adopt has dev mount sources that Node runs as they are", () => {
  const sources = {
    "src/server.js": "listen();",
    "package.json": '{"scripts":{"start":"node src/server.js"}}',
  };
  const dockerfile =
    'FROM node\nWORKDIR /srv\nCOPY . .\nCMD ["node", "--enable-source-maps", "src/server.js"]\n';

  test("of an image that berth builds", (t) => {
    const { declaration } = examined(t, sources);
    assert.deepEqual(declaration["reload"], { from: "src", to: "/app/src" });
    assert.equal(declaration["web"], undefined);
  });

  test("of a Dockerfile that copies everything, with the command that is watched", (t) => {
    const { declaration } = examined(t, { ...sources, Dockerfile: dockerfile });
    assert.deepEqual(declaration["reload"], { from: "src", to: "/srv/src" });
    assert.equal(declaration["web"], "node --enable-source-maps src/server.js");
  });

  test("and of nothing that is made, copied one by one, or in no folder", (t) => {
    const start = (command: string) => JSON.stringify({ scripts: { start: command } });
    for (const files of [
      { ...sources, "package.json": start("node dist/server.js"), "dist/server.js": "" },
      { ...sources, Dockerfile: dockerfile.replace("COPY . .", "COPY src/ ./elsewhere/") },
      { "server.js": "", "package.json": start("node server.js") },
      { ...sources, "package.json": start("tsx src/server.js") },
    ])
      assert.equal(examined(t, files).declaration["reload"], undefined, JSON.stringify(files));
  });
});
