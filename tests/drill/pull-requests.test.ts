import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { registerTestStack } from "../../cli/testing/test-run.ts";
import { cloneCheckout } from "../support/deployment.ts";
import { commandBlocks } from "../support/doc-commands.ts";
import { docker, finish } from "../support/docker.ts";
import { ForgeStandIn } from "../support/forge-stand-in.ts";
import { freePorts } from "../support/free-ports.ts";
import { imageRegistry, type ImageRegistry } from "../support/image-registry.ts";

const page = "docs/pull-requests.md";

await describe("docs/pull-requests.md, with a bare repository and a registry", { timeout: 1_800_000 }, () => {
  const id = randomBytes(3).toString("hex");
  const names: Readonly<Record<string, string>> = { staging: `pr-staging-${id}`, prod: `pr-prod-${id}` };
  let folder: string;
  let clone: string;
  let registry: ImageRegistry;
  const forge = new ForgeStandIn();
  let env: Record<string, string>;
  const forget: (() => void)[] = [];

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
});
