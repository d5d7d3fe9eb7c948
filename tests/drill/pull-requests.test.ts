import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { parse } from "yaml";
import { registerTestStack } from "../../cli/testing/test-run.ts";
import { cloneCheckout } from "../support/deployment.ts";
import { commandBlocks } from "../support/doc-commands.ts";
import { docker, finish } from "../support/docker.ts";
import { ForgeStandIn } from "../support/forge-stand-in.ts";
import { freePorts } from "../support/free-ports.ts";
import { imageRegistry, type ImageRegistry } from "../support/image-registry.ts";

const page = "docs/pull-requests.md";
// Not a text: the code itself is among what is printed.
const forgeSecret = `forge-${randomBytes(6).toString("hex")}`;

interface Workflow {
  readonly on: unknown;
  readonly jobs: Readonly<
    Record<string, { if?: string; env?: Variables; steps: readonly { env?: Variables }[] }>
  >;
}
type Variables = Readonly<Record<string, string>>;

/** Variables of the jobs that run for a fork's pull request, the forge's secrets filled in. */
function forkVariables(): string[] {
  const workflows = globSync(".github/workflows/*.yml").map(
    (file) => parse(readFileSync(file, "utf8")) as Workflow,
  );
  return workflows
    .filter(({ on }) => JSON.stringify(on).includes('"pull_request"'))
    .flatMap(({ jobs }) => Object.values(jobs))
    .filter((job) => job.if?.includes("head.repo.full_name == github.repository") !== true)
    .flatMap(({ env, steps }) => [env, ...steps.map((step) => step.env)])
    .flatMap((variables) => Object.entries(variables ?? {}))
    .map(([name, value]) => `${name}=${value.replaceAll(/\$\{\{\s*secrets\.[^}]*\}\}/g, forgeSecret)}`);
}

await describe("docs/pull-requests.md, with a bare repository and a registry", { timeout: 1_800_000 }, () => {
  const id = randomBytes(3).toString("hex");
  const names: Readonly<Record<string, string>> = { staging: `pr-staging-${id}`, prod: `pr-prod-${id}` };
  let folder: string;
  let clone: string;
  let registry: ImageRegistry;
  const forge = new ForgeStandIn();
  let env: Record<string, string>;
  const forget: (() => void)[] = [];
  /** What no report, comment or log may tell: a value that is plain at first, and two secrets. */
  const values = { plain: `plain-${id}-value`, old: `old-${id}-secret`, present: `new-${id}-secret` };

  const assertUntold = (text: string) => {
    for (const value of [...Object.values(values), registry.password])
      assert.ok(!text.includes(value), `${value} is told:\n${text.slice(0, 4000)}`);
  };

  /** A section's commands as the page has them. */
  const section = (heading: string) => commandBlocks(page, heading);
  const ofProd = (part: string) => [
    ...["--filter", `label=berth.stack=${names["prod"] ?? ""}`, "--filter", `label=berth.part=${part}`],
    ...["--filter", "label=berth.project"],
  ];

  /** Runs commands in the clone; the page's stacks have names of this test's own. */
  async function run(...commands: string[]): Promise<string> {
    const script = commands.join("\n").replaceAll(/\b(?:staging|prod)\b/g, (name) => names[name] ?? name);
    const { status, stdout, stderr } = await finish("bash", ["-eo", "pipefail", "-c", script], {
      cwd: clone,
      env,
    });
    assert.equal(status, 0, `${script}\n${stdout}\n${stderr}`);
    return stdout + stderr;
  }

  before(async () => {
    const opened = await imageRegistry();
    if (opened instanceof Error) throw opened;
    registry = opened;
    folder = mkdtempSync(join(tmpdir(), "berth-pull-"));
    clone = join(folder, "shop");
    mkdirSync(clone);
    for (const stack of Object.values(names)) forget.push(registerTestStack({ stack, paths: [folder] }));
    await cloneCheckout(clone);
    env = { ...(await forge.open()), BERTH_ALLOW_GENERATED_PASSPHRASE: "1", GITHUB_OUTPUT: "/dev/stdout" };
    for (const stack of Object.values(names)) {
      const [appPort = 0] = await freePorts(1);
      const settings = {
        shape: "basic",
        appPort,
        registry: `${registry.address}/team/shop`,
        registryUser: registry.user,
      };
      const lines = Object.entries(settings).map(([key, value]) => `  berth:${key}: "${value}"`);
      writeFileSync(join(clone, `Pulumi.${stack}.yaml`), ["config:", ...lines, ""].join("\n"));
    }
    await run(
      'eval "$(npx berth env --stack prod)"',
      'eval "$(npx berth env --stack staging)"',
      `pulumi config set --path env.SHOP_KEY ${values.plain} --stack staging`,
      `printf %s ${values.old} | pulumi config set --secret --path secrets.other --stack staging`,
      ...["staging", "prod"].map(
        (stack) =>
          `printf %s '${registry.password}' | pulumi config set --secret registryPassword --stack ${stack}`,
      ),
      `git init --quiet --bare ${folder}/shop.git`,
      "git init --quiet --initial-branch main",
      "git config user.name Team && git config user.email team@example.org",
      `git remote add origin ${folder}/shop.git`,
      "git add --all && git commit --quiet --message start && git push --quiet origin main",
      "pipeline/deploy.sh staging",
    );
  });
  after(async () => {
    try {
      for (const stack of ["prod", "staging"]) await run(`npx berth down --stack ${stack} --volumes --yes`);
    } finally {
      forge.close();
      await registry.stop();
      for (const one of forget) one();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("a branch is previewed, and its comment is made once and edited after that", async () => {
    const said = await run(...section("A branch and its preview"));
    assert.match(said, /Made the comment of [^]*Edited the comment of/);
    assert.equal(forge.comments.length, 1);
    const [comment] = forge.comments;
    assert.match(comment?.body ?? "", /memory 512 → 640 MiB/);
    assert.doesNotMatch(comment?.body ?? "", new RegExp(registry.password));
  });

  test("it is merged, deployed, and production gets the very image", async () => {
    const said = await run(...section("Merge and promotion"));
    assert.doesNotMatch(said, new RegExp(registry.password));
    const image = async (stack: string) =>
      docker([
        "ps",
        "-q",
        "--filter",
        `label=berth.stack=${names[stack] ?? ""}`,
        "--filter",
        "label=berth.part=app",
      ]).then((container) => docker(["inspect", "--format", "{{.Image}}", container]));
    assert.equal(await image("prod"), await image("staging"));
  });

  test("a container that was stopped by hand is one issue, which closes once it runs again", async () => {
    await run(...section("Drift"));
    assert.equal(forge.issues.length, 0);
    await docker(["stop", await docker(["ps", "-q", ...ofProd("app")])]);
    await run(...section("Drift"));
    await run(...section("Drift"));
    assert.equal(forge.issues.length, 1);
    assert.match(forge.issues[0]?.body ?? "", /container app-1 is stopped since/);
    await run("npx berth up --refresh --stack prod", ...section("Drift"));
    assert.deepEqual(
      forge.issues.map(({ state }) => state),
      ["closed"],
    );
  });

  test("a container and a volume that were removed by hand are another, and come back", async () => {
    const app = await docker(["ps", "-q", ...ofProd("app")]);
    const mounts = "{{range .Mounts}}{{println .Name .Destination}}{{end}}";
    const mounted = (await docker(["inspect", "--format", mounts, app])).split("\n");
    const [volume = ""] = mounted.find((line) => line.includes("/secrets"))?.split(" ") ?? [];
    await docker(["rm", "--force", app]);
    await docker(["volume", "rm", volume]);
    await run(...section("Drift"));
    assert.equal(forge.issues.length, 2);
    const body = forge.issues[1]?.body ?? "";
    assert.match(body, /container app-1 is gone/);
    assert.match(body, /volume \S+ is gone/);
    await run("npx berth up --refresh --stack prod", ...section("Drift"));
    assert.equal(forge.issues[1]?.state, "closed");
  });

  test("a plain value that becomes a secret, and a secret that changes: the report tells that, and neither value", async () => {
    await run(
      "git switch --quiet --create secrets main",
      'eval "$(npx berth env --stack staging)"',
      `printf %s ${values.plain} | pulumi config set --secret --path secrets.shopKey --stack staging`,
      "pulumi config set --path env.SHOP_KEY '${secret.own.shopKey}' --stack staging",
      `printf %s ${values.present} | pulumi config set --secret --path secrets.other --stack staging`,
      "git add --all && git commit --quiet --message secrets && git push --quiet origin secrets",
      "pipeline/preview.sh staging preview.md",
    );
    const report = readFileSync(join(clone, "preview.md"), "utf8");
    assert.match(report, /^\| application \| restart \| .*secrets/m);
    assertUntold(report);
  });

  test("a report is commented on the pull request of its commit, and on no other", async () => {
    const sha = (await run("git rev-parse HEAD")).trim();
    forge.pulls.push({ number: 7, head: { sha, label: "team:secrets" } });
    const stack = names["staging"] ?? "";
    mkdirSync(join(clone, "reports", `preview-${stack}`), { recursive: true });
    cpSync(join(clone, "preview.md"), join(clone, "reports", `preview-${stack}`, `${stack}.md`));
    await run(`pipeline/comments.sh reports team:secrets ${sha}`);
    await run(`pipeline/comments.sh reports stranger:secrets ${sha}`);
    assert.deepEqual(
      forge.comments.map(({ on }) => on),
      [1, 7],
    );
    for (const { body } of forge.comments) assertUntold(body);
  });

  test("a fork's code prints all that its job has, and no secret is in it", async () => {
    const fork = join(folder, "fork");
    const home = join(folder, "home");
    mkdirSync(home);
    const cloned = await finish("git", ["clone", "--quiet", "--branch=secrets", `${folder}/shop.git`, fork]);
    assert.equal(cloned.status, 0, cloned.stderr);
    const job = [`HOME=${home}`, `PATH=${process.env["PATH"] ?? ""}`, ...forkVariables()];
    const print = "env; grep -rI . --exclude-dir=.git . ~ || true";
    const said = await finish("env", ["--ignore-environment", ...job, "bash", "-c", print], { cwd: fork });
    assert.match(said.stdout, /secure:/, "it has read the settings file");
    assertUntold(said.stdout + said.stderr);
    const passphrase = readFileSync(join(clone, ".berth/passphrase"), "utf8").trim();
    assert.ok(passphrase.length > 10 && !said.stdout.includes(passphrase));
    assert.doesNotMatch(said.stdout, new RegExp(forgeSecret));
  });
});
