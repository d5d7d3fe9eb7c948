import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Deployment } from "../support/deployment.ts";
import { docker } from "../support/docker.ts";
import { freePorts } from "../support/free-ports.ts";

await describe("settings that cannot work are refused before anything changes", { timeout: 600_000 }, () => {
  let deployment: Deployment;
  let settings: Record<string, number | string>;

  /** Runs `up`, which has to fail, and returns what it said. */
  async function refused(
    code: number,
    args: string[] = [],
    env: Record<string, string> = {},
  ): Promise<string> {
    const { status, stdout, stderr } = await deployment.berth(
      "up",
      "--stack",
      deployment.stack,
      ...args,
      env,
    );
    assert.equal(status, code, stdout + stderr);
    assert.doesNotMatch(stdout + stderr, /\n\s+at .*\.ts:\d+/, "no stack trace");
    return stdout + stderr;
  }

  before(async () => {
    const [appPort = 0, adminerPort = 0, databasePort = 0] = await freePorts(3);
    settings = { shape: "dev", appPort, adminerPort, databasePort };
    deployment = await Deployment.of("dev", settings);
  });
  after(async () => {
    assert.equal(await docker(["ps", "-aq", ...deployment.labels()]), "", "nothing was made");
    await deployment.remove();
  });

  test("settings: all problems at once, each with its fix", async () => {
    deployment.configure({
      ...settings,
      appPort: "http",
      adminrPort: 1,
      replicas: 2,
      s3SecretKey: "hunter2",
    });
    const said = await refused(2);
    for (const setting of ["appPort", "adminrPort", "replicas", "s3SecretKey"])
      assert.match(said, new RegExp(`- ${setting}: `));
    assert.match(said, /did you mean adminerPort\?/);
    assert.doesNotMatch(said, /hunter2/);
    const report = await deployment.berth("preview", "--stack", deployment.stack, "--report", "md");
    assert.equal(report.status, 1, report.stderr);
    assert.match(report.stdout, /^### \S+: refused$[^]*- adminrPort: there is no such setting/m);
    assert.doesNotMatch(report.stdout, /hunter2/);
    deployment.configure(settings);
  });

  test("an unknown stack name, with a similar one", async () => {
    writeFileSync(join(deployment.folder, "Pulumi.prd.yaml"), "config: {}\n");
    const { status, stdout, stderr } = await deployment.berth("up", "--stack", "prd");
    rmSync(join(deployment.folder, "Pulumi.prd.yaml"));
    assert.equal(status, 2, stdout + stderr);
    assert.match(stdout + stderr, /did you mean prod\?/);
  });

  test("a public key that was encrypted: nothing could be checked with it", async () => {
    const file = join(deployment.folder, "Pulumi.staging.yaml");
    writeFileSync(file, "config:\n  berth:shape: prod\n  berth:releaseKey:\n    secure: v1:0a1b\n");
    const image = `registry.example.org/shop@sha256:${"0a".repeat(32)}`;
    const { status, stdout, stderr } = await deployment.berth("promote", image, "--stack", "staging");
    rmSync(file);
    assert.equal(status, 2, stdout + stderr);
    assert.match(
      stderr,
      /releaseKey: is encrypted .* Fix: pulumi config set --plaintext releaseKey --stack staging/,
    );
  });

  test("a port in use: port, program, and the setting that changes it", async () => {
    const squatter = createServer().listen(0, "127.0.0.1");
    await once(squatter, "listening");
    const { port } = squatter.address() as AddressInfo;
    deployment.configure({ ...settings, appPort: port });
    const said = await refused(3);
    squatter.close();
    assert.match(said, new RegExp(`port ${port} .*node.*pulumi config set appPort PORT`, "s"));
    deployment.configure(settings);
  });

  test("no Docker engine", async () => {
    const said = await refused(3, [], { DOCKER_HOST: "unix:///nonexistent/docker.sock" });
    assert.match(said, /\/nonexistent\/docker\.sock/);
  });

  test("no disk space", async () => {
    assert.match(await refused(3, ["--min-disk", "1000000"]), /GiB/);
  });
});
