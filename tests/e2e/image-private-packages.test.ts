import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { appPackagesHash } from "../../images/lib/app-packages.ts";
import { baseImage } from "../support/base-image.ts";
import { docker, finish } from "../support/docker.ts";
import { findInImage } from "../support/image-content.ts";
import { npmRegistry, type NpmRegistry } from "../support/npm-registry.ts";
import { ScratchProgram } from "../support/scratch-program.ts";

const root = join(import.meta.dirname, "../..");
const name = "@acme/price-list";
const project = `berth-private-${randomBytes(3).toString("hex")}`;

/** What is changed of package.json and package-lock.json. */
interface NpmFile {
  dependencies: Record<string, string>;
  packages?: Record<string, { dependencies: Record<string, string> }>;
}

/** A program that builds one image, as a stack with `packagesFrom deployer` does. */
const source = (images: Record<string, string>) => `
import { readFileSync } from "node:fs";
import { AppImage } from "${root}/infra/components/app-image.ts";
import { AppPackages } from "${root}/infra/components/app-packages.ts";
const common = { host: { environment: {} }, identity: { project: "${project}", stack: "dev" } };
const packages = new AppPackages("app-packages", { ...common, folder: "app" }).reference;
const { machineCa, ...buildArgs } = ${JSON.stringify(images)};
const migrations = { names: [], breaking: [] };
new AppImage("app-image", { source: { ...common, origin: { kind: "build", context: "app", dockerfile: readFileSync("app/Dockerfile", "utf8"), generated: false, target: undefined, args: {} }, buildArgs, machineCa, packages, migrations } });
`;

await describe("an application with a package of a private registry", { timeout: 900_000 }, () => {
  let registry: NpmRegistry;
  let program: ScratchProgram;
  let images: Record<string, string>;
  const app = (file: string) => join(program.folder, "app", file);
  /** Adds the dependency to a file of npm's. */
  const depend = (file: string, entry: Record<string, string>) => {
    const content = JSON.parse(readFileSync(app(file), "utf8")) as NpmFile;
    const { packages } = content;
    Object.assign((packages?.[""] ?? content).dependencies, { [name]: "1.0.0" });
    if (packages !== undefined) Object.assign(packages, { [`node_modules/${name}`]: entry });
    writeFileSync(app(file), JSON.stringify(content));
  };
  const packagesImage = () => `${project}/app-packages-dev:${appPackagesHash(app(""))}`;

  before(async () => {
    registry = await npmRegistry(name, "export const price = 42;\n");
    const [NODE_IMAGE, RUNTIME_IMAGE, machineCa] = await Promise.all(
      (["node", "debian", "machine-ca"] as const).map(baseImage),
    );
    images = { NODE_IMAGE, RUNTIME_IMAGE, machineCa } as Record<string, string>;
    program = await ScratchProgram.of(source(images));
    symlinkSync(join(root, "images"), join(program.folder, "images"));
    cpSync(join(root, "app"), app(""), {
      recursive: true,
      filter: (path) => !path.includes("node_modules"),
    });
    for (const file of ["package.json", "package-lock.json"])
      depend(file, { version: "1.0.0", integrity: registry.integrity });
    const server = registry.address.replace(/^http:/, "");
    writeFileSync(app(".npmrc"), `@acme:registry=${registry.address}\n${server}:_authToken=\${ACME_TOKEN}\n`);
  });
  after(async () => {
    await program.end();
    await registry.stop();
    for (const repository of ["app-dev", "app-packages-dev", "app-legacy"]) {
      const left = await docker(["image", "ls", "--quiet", `${project}/${repository}`]);
      if (left !== "") await docker(["image", "rm", "--force", ...new Set(left.split("\n"))]);
    }
  });

  /** Has a process in the image load the package, and looks for the token in all that was made. */
  async function inspect(image: string): Promise<void> {
    const load = `import("${name}").then(({ price }) => console.log(price))`;
    assert.equal(await docker(["run", "--rm", "--network", "none", image, "node", "-e", load]), "42");
    const history = await docker(["history", "--no-trunc", image]);
    assert.ok(!history.includes(registry.token));
    // What is there shows that the search finds things.
    const present = [
      [image, "root:x:0:0:"],
      [packagesImage(), "price-list"],
    ] as const;
    for (const [saved, control] of present) {
      const found = await finish(...findInImage(saved, [registry.token, control]));
      assert.equal(found.stdout.trim(), control, `${saved}: ${found.stderr}`);
    }
  }

  test("without the token, the deployment says what npm lacks", async () => {
    const { code, output } = await program.up({ ACME_TOKEN: "wrong" });
    assert.notEqual(code, 0);
    assert.match(output, /packagesFrom deployer/);
    assert.match(output, /E401/);
    assert.ok(registry.counts.refused > 0);
  });

  test("is built by BuildKit without the token reaching the build, an image or the state", async () => {
    const { code, output } = await program.up({ ACME_TOKEN: registry.token });
    assert.equal(code, 0, output);
    assert.ok(!output.includes(registry.token));
    const [image = ""] = (
      await docker(["image", "ls", "--format", "{{.Repository}}:{{.Tag}}", `${project}/app-dev`])
    ).split("\n");
    await inspect(image);
    const found = await finish("grep", ["-rlF", registry.token, program.folder]);
    assert.equal(found.stdout, "");
  });

  test("is built by the legacy builder in the same way", async () => {
    const { machineCa = "", ...own } = images;
    const values = { ...own, CA_IMAGE: machineCa, PACKAGES_IMAGE: packagesImage() };
    const flags = Object.entries(values).flatMap(([key, value]) => ["--build-arg", `${key}=${value}`]);
    const image = `${project}/app-legacy:test`;
    // The stage that installs: the others have nothing to do with packages.
    const options = ["--force-rm", "--target", "dependencies", "--tag", image];
    const built = await finish("docker", ["build", ...options, ...flags, app("")], {
      env: { DOCKER_BUILDKIT: "0" },
    });
    assert.equal(built.status, 0, built.stdout + built.stderr);
    await inspect(image);
  });

  test("asks the registry again only when the lockfile changes, or the image was pruned", async () => {
    const before = registry.counts.answered;
    const again = await program.up({ ACME_TOKEN: "wrong" });
    assert.equal(again.code, 0, again.output);
    assert.equal(registry.counts.answered, before);
    await docker(["image", "rm", "--force", packagesImage()]);
    const provided = await program.up({ ACME_TOKEN: registry.token });
    assert.equal(provided.code, 0, provided.output);
    assert.ok((await docker(["image", "ls", "--quiet", packagesImage()])) !== "");
  });
});
