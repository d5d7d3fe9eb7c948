import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { keptViolations, plannedViolations, renderViolations } from "../../cli/preview/judged-plan.ts";
import { programHash } from "../../cli/preview/require-policy.ts";
import { knownInputs } from "../../policy/known-inputs.ts";
import { rules } from "../../policy/rules.ts";
import { unknown } from "../../policy/shape.ts";

type Inputs = Record<string, unknown>;

interface Step {
  readonly urn: string;
  readonly newState: { readonly type: string; inputs: Inputs; retainOnDelete?: boolean };
}

/** What `pulumi preview --json` said of a new prod stack, containers, volumes and images alone. */
const recorded = () =>
  JSON.parse(readFileSync(join(import.meta.dirname, "recorded", "prod-plan.json"), "utf8")) as {
    steps: Step[];
  };

/** Breaks one resource of the recorded plan; says what the rules say of it. */
function broken(name: string, change: (state: Step["newState"]) => unknown) {
  const plan = recorded();
  const step = plan.steps.find(({ urn }) => urn.endsWith(`::${name}`)) ?? assert.fail(`no ${name}`);
  change(step.newState);
  return plannedViolations(JSON.stringify(plan));
}

const set = (values: Inputs) => (state: Step["newState"]) => {
  state.inputs = { ...state.inputs, ...values };
};
const without = (name: string) => (state: Step["newState"]) => {
  state.inputs = Object.fromEntries(Object.entries(state.inputs).filter(([key]) => key !== name));
};
const port = (ip: string) => ({ ports: [{ external: 5432, internal: 5432, ip, protocol: "tcp" }] });
const digest = `sha256:${"0a".repeat(32)}`;

/** For each rule: a part of a real plan, what is done to it, and what is said. */
const breaches: readonly [
  rule: string,
  resource: string,
  change: (state: Step["newState"]) => unknown,
  said: RegExp,
][] = [
  ["published-ports", "postgres", set(port("0.0.0.0")), /port 5432 on 0\.0\.0\.0\. Bind it to 127\.0\.0\.1$/],
  ["published-ports", "redis", set(port("10.0.0.5")), /port 5432 on 10\.0\.0\.5/],
  ["published-ports", "app-1", set({ ...port("::"), envs: ["MEDIA_ACCEL=/_edge/"] }), /on ::/],
  ["published-ports", "worker", set({ ports: [{ internal: 9464 }] }), /port 9464 on every address/],
  ["no-secret-shown", "app-1", set({ envs: ["API_TOKEN=4be1"] }), /API_TOKEN, which docker inspect shows/],
  ["no-secret-shown", "worker", set({ envs: ["STORE=https://me:4be1@example.org"] }), /secret in STORE/],
  ["no-secret-shown", "worker", set({ envs: "[secret]" }), /secret among its variables/],
  [
    "no-secret-shown",
    "redis",
    set({ command: ["redis-server", "redis://:4be1@redis"] }),
    /secret in its command/,
  ],
  ["grace", "app-2", without("destroyGraceSeconds"), /would kill it at once/],
  ["grace", "postgres", set({ stopTimeout: 0 }), /has no stopTimeout/],
  ["health", "worker", without("healthcheck"), /has no health check/],
  ["health", "redis", set({ healthcheck: { tests: ["NONE"] } }), /has no health check/],
  ["restart", "edge-proxy", set({ restart: "no" }), /unless-stopped/],
  ["limits", "backups", without("memory"), /has no memory/],
  ["limits", "app-1", set({ memorySwap: -1 }), /may swap/],
  ["limits", "app-1", set({ cpuShares: 0 }), /has no cpuShares/],
  ["log-rotation", "app-1", set({ logOpts: {} }), /without an end/],
  ["log-rotation", "app-1", set({ logDriver: "none" }), /has no log/],
  ["privileges", "edge-proxy", set({ privileged: true }), /has privileged: leave it out/],
  [
    "privileges",
    "edge-proxy",
    set({ capabilities: { adds: ["NET_ADMIN"], drops: ["ALL"] } }),
    /capabilities\.adds/,
  ],
  ["privileges", "postgres", set({ capabilities: {} }), /capabilities\.drops/],
  ["privileges", "postgres", set({ securityOpts: ["seccomp=unconfined"] }), /can gain privileges/],
  ["privileges", "app-1", set({ readOnly: false }), /can write to its root/],
  ["privileges", "app-1", set({ user: "0:0" }), /runs as root/],
  ["privileges", "app-1", set({ pidMode: "host" }), /has pidMode/],
  [
    "host-files",
    "backups",
    set({ mounts: [{ type: "bind", source: "/var/run/docker.sock", target: "/var/run/docker.sock" }] }),
    /engine's socket \/var\/run\/docker\.sock/,
  ],
  [
    "host-files",
    "edge-proxy",
    set({ volumes: [{ hostPath: "/etc", containerPath: "/host", readOnly: true }] }),
    /has the host's \/etc in \/host/,
  ],
  ["known-networks", "redis", set({ networkMode: "host" }), /has networkMode host/],
  [
    "known-networks",
    "redis",
    set({ networksAdvanced: [{ name: "bridge" }] }),
    /on bridge, which is not the stack's/,
  ],
  ["known-networks", "redis", set({ networksAdvanced: [] }), /Docker's own bridge/],
  ["image-version", "redis", set({ image: "redis:latest" }), /redis:latest can become another image/],
  ["image-version", "redis", set({ image: "registry.example.org:5000/redis" }), /can become another image/],
  ["pulled-image-version", "app-image", set({ name: "shop:main", build: undefined }), /shop:main can become/],
  ["image-digest", "edge-proxy", set({ image: "nginx:1.30.7-trixie" }), /berth images pin/],
  ["protected-volume", "postgres-data", without("name"), /would be empty/],
  [
    "protected-volume",
    "media-data",
    (state: Step["newState"]) => delete state.retainOnDelete,
    /would be deleted with its stack/,
  ],
  ["data-on-volume", "postgres", set({ mounts: [] }), /is on no volume/],
  ["provider-traps", "app-1", set({ healthcheck: { tests: ["CMD", "true"], interval: "60s" } }), /1m0s/],
  ["provider-traps", "app-1", set({ uploads: [{ file: "/a", content: "b" }] }), /in the state/],
  ["provider-traps", "app-1", set({ envs: ["LOG_LEVEL"] }), /LOG_LEVEL without a value/],
];

test("a prod stack as it is planned breaks no rule", () => {
  assert.deepEqual(plannedViolations(JSON.stringify(recorded())), []);
});

for (const [rule, resource, change, said] of breaches) {
  test(`${rule}: ${resource} is refused, ${String(said)}`, () => {
    const found = broken(resource, change).filter((one) => one.rule === rule);
    assert.deepEqual([...new Set(found.map((one) => one.resource))], [resource]);
    assert.match(found.map(({ what }) => what).join("\n"), new RegExp(said, "m"));
  });
}

test("every rule was broken", () => {
  assert.deepEqual([...new Set(breaches.map(([rule]) => rule))].sort(), rules.map(({ name }) => name).sort());
});

test("policy/README.md has every rule with its level, and no other", () => {
  const text = readFileSync(join(import.meta.dirname, "../../policy/README.md"), "utf8");
  const rows = [...text.matchAll(/^\| `([\w-]+)` +\|.*\| (\w+) +\|$/gm)].map(([, name, level]) => ({
    name,
    level,
  }));
  assert.deepEqual(
    rows,
    rules.map(({ level, name }) => ({ name, level })),
  );
});

test("what is usual breaks nothing", () => {
  const usual: readonly [string, (state: Step["newState"]) => unknown][] = [
    [
      "app-1",
      set({
        envs: [
          "API_TOKEN_FILE=/run/secrets/a",
          "TOKEN_TTL=60",
          "PUBLIC_URL=https://example.org",
          "EMPTY_SECRET=",
        ],
      }),
    ],
    ["app-1", set(port("0.0.0.0"))],
    ["redis", set({ image: `redis:8@${digest}` })],
    ["redis", set({ image: "berth/redis:8-90be1b2f3ede" })],
    ["worker", set({ image: `registry.example.org/team/shop@${digest}` })],
    [
      "app-1",
      set({ mounts: [{ type: "bind", source: "/srv/shop/app/src", target: "/app/src", readOnly: true }] }),
    ],
    [
      "postgres",
      set({
        healthcheck: { tests: ["CMD", "true"], interval: "1m30s", timeout: "500ms", startPeriod: "1h0m0s" },
      }),
    ],
    ["worker", set({ mustRun: false, restart: "no", healthcheck: undefined })],
  ];
  for (const [name, change] of usual) assert.deepEqual(broken(name, change), [], name);
});

test("what Pulumi hides in a plan is judged by nobody", () => {
  assert.deepEqual(broken("app-1", set({ image: "[secret]" })), broken("app-1", set({})));
});

test("a state is judged as a plan is, without what waits for its deletion, and its secrets stay encrypted", () => {
  const { steps } = recorded();
  const resources = steps.map(({ newState, urn }) => ({ urn, ...newState }));
  const worker = resources.find(({ urn }) => urn.endsWith("::worker")) ?? assert.fail();
  const secret = {
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    ciphertext: "v1:4be1",
  };
  const old = { ...worker, delete: true, inputs: { ...worker.inputs, restart: "no" } };
  const state = (extra: object[]) => JSON.stringify({ deployment: { resources: [...resources, ...extra] } });
  assert.deepEqual(keptViolations(state([old])), []);
  const found = keptViolations(state([{ ...worker, inputs: { ...worker.inputs, envs: [secret] } }]));
  assert.deepEqual(
    found.map(({ rule }) => rule),
    ["no-secret-shown"],
  );
  assert.doesNotMatch(renderViolations(found), /4be1/);
});

test("values that a preview does not know are told apart from those that are missing", () => {
  const props = new Proxy<Inputs>(
    { known: ["a"], later: "" },
    {
      get: (target, name) => {
        if (name === "later") throw new Error("unknown");
        return target[String(name)];
      },
    },
  );
  assert.deepEqual(knownInputs(props), { known: ["a"], later: unknown });
});

test("a program is looked at again after every change of what decides on it, and of what it is given", () => {
  const root = mkdtempSync(join(tmpdir(), "berth-program-"));
  try {
    for (const folder of ["infra/components", "policy", "stacks", "declaration", "docs"])
      mkdirSync(join(root, folder), { recursive: true });
    const write = (file: string, text: string) => {
      writeFileSync(join(root, file), text);
    };
    write("package-lock.json", "{}");
    write("infra/components/app.ts", "one");
    const names = [programHash(root, "prod")];
    write("docs/page.md", "another page");
    assert.equal(programHash(root, "prod"), names[0]);
    write("infra/components/app.ts", "two");
    names.push(programHash(root, "prod"), programHash(root, "basic"));
    write("policy/rules.ts", "fewer");
    names.push(programHash(root, "prod"));
    write("package-lock.json", '{ "lockfileVersion": 3 }');
    names.push(programHash(root, "prod"));
    assert.equal(new Set(names).size, names.length);
  } finally {
    rmSync(root, { recursive: true });
  }
});
