import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { psqlCommand } from "../../cli/commands/psql.ts";
import { adminArguments } from "../../cli/commands/create-admin.ts";
import { invitationArguments } from "../../cli/commands/create-invitation.ts";
import { mailArguments } from "../../cli/commands/test-mail.ts";
import { execArgs } from "../../cli/running/app-program.ts";
import { isDebian, parseDistribution } from "../../cli/apt.ts";
import { askDocker } from "../../cli/docker/docker-info.ts";
import { dockerRemedy, type DockerCircumstances } from "../../cli/docker/docker-remedy.ts";
import { migrationRun } from "../../cli/running/migration-run.ts";
import { Docker } from "../../system/docker.ts";

const nothing: DockerCircumstances = {
  failure: { missing: true, message: "the docker command is not on PATH" },
  host: undefined,
  root: true,
  distribution: ["debian"],
  installed: false,
  systemd: false,
};
const silent = { missing: false, message: "Cannot connect to the Docker daemon" };

function explanation(changes: Partial<DockerCircumstances>): string {
  const remedy = dockerRemedy({ ...nothing, ...changes });
  assert.ok(remedy.kind === "explain");
  return remedy.message;
}

test("root on Debian and its children gets an engine installed, or started where it is installed", () => {
  assert.deepEqual(dockerRemedy(nothing), { kind: "install" });
  assert.deepEqual(dockerRemedy({ ...nothing, distribution: ["ubuntu", "debian"] }), { kind: "install" });
  assert.deepEqual(dockerRemedy({ ...nothing, installed: true, failure: silent }), { kind: "start" });
  assert.deepEqual(dockerRemedy({ ...nothing, installed: true, failure: silent, distribution: ["fedora"] }), {
    kind: "start",
  });
});

test("all others get the exact commands", () => {
  assert.match(explanation({ root: false }), /sudo apt-get update && sudo apt-get install -y docker\.io/);
  assert.match(explanation({ root: false, installed: true, failure: silent }), /sudo service docker start/);
  assert.match(
    explanation({ root: false, installed: true, failure: silent, systemd: true }),
    /sudo systemctl start docker/,
  );
  assert.match(explanation({ distribution: ["alpine"] }), /DOCKER_HOST=ssh:\/\/user@host/);
  const denied = { missing: false, message: "permission denied while trying to connect" };
  assert.match(
    explanation({ root: false, installed: true, failure: denied }),
    /sudo usermod -aG docker \$USER/,
  );
});

test("a chosen engine is never replaced by another one", () => {
  const text = explanation({ host: "ssh://deploy@shop", failure: silent });
  assert.match(text, /^Docker cannot be reached: Cannot connect/);
  assert.match(text, /DOCKER_HOST=ssh:\/\/deploy@shop docker version/);
});

test("reports client and engine versions that do not fit, and starts no engine", () => {
  for (const message of [
    "client version 1.41 is too old. Minimum supported API version is 1.44, please upgrade your client to a newer version",
    "Error response from daemon: client version 1.56 is too new. Maximum supported API version is 1.41",
  ]) {
    const failure = { missing: false, message };
    const text = explanation({ failure, installed: true });
    assert.match(text, /docker command is too (old|new) for the engine.*docker-ce-cli/s);
    assert.equal(explanation({ failure, host: "tcp://deploy" }), text, "its address is right");
  }
});

test("the reason of a client that fails with exit code 0, as those before 23 do, is found", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "berth-docker-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  const said = "Got permission denied while trying to connect to the Docker daemon socket";
  const answer = { ServerVersion: "", ServerErrors: [said] };
  writeFileSync(join(folder, "docker"), `#!/bin/sh\necho '${JSON.stringify(answer)}'\n`, { mode: 0o755 });
  const asked = await askDocker(new Docker({ PATH: `${folder}:${process.env["PATH"] ?? ""}` }));
  assert.deepEqual(asked, { missing: false, message: said });
  assert.match(
    explanation({ root: false, installed: true, failure: { missing: false, message: said } }),
    /usermod -aG docker/,
  );
});

test("a distribution and those it is like are read from os-release", () => {
  assert.deepEqual(
    parseDistribution('NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_ID=1\n'),
    ["linuxmint", "ubuntu", "debian"],
  );
  assert.equal(isDebian(["linuxmint", "ubuntu"]), true);
  assert.equal(isDebian(["fedora"]), false);
});

const inspection = JSON.stringify([
  {
    Id: "c1",
    Image: "sha256:abc",
    Config: { Env: ["PORT=8000", "TITLE=two words"], User: "1000:1000", WorkingDir: "/app", Labels: {} },
    HostConfig: {
      ReadonlyRootfs: true,
      Tmpfs: { "/tmp": "size=64m", "/run": "" },
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      Memory: 536870912,
      PidsLimit: 256,
    },
    Mounts: [
      {
        Type: "volume",
        Name: "berth-dev-secrets",
        Source: "/var/lib/docker/x",
        Destination: "/run/secrets",
        RW: false,
      },
      { Type: "bind", Source: "/home/a/app/src", Destination: "/app/src", RW: true },
      { Type: "tmpfs", Source: "", Destination: "/tmp", RW: true },
    ],
    NetworkSettings: { Networks: { internal: {}, edge: {} } },
  },
]);

test("a migration sees what the application sees: image, environment, mounts, limits and networks", () => {
  assert.deepEqual(
    migrationRun(
      inspection,
      { project: "berth", stack: "dev" },
      "berth-dev-migrate-1",
      ["node", "src/migrate.ts", "down"],
      undefined,
    ),
    {
      create: [
        "create",
        "--rm",
        "--read-only",
        ...["--name", "berth-dev-migrate-1"],
        ...["--label", "berth.project=berth"],
        ...["--label", "berth.stack=dev"],
        ...["--label", "berth.part=migration"],
        ...["--user", "1000:1000"],
        ...["--workdir", "/app"],
        ...["--env", "PORT=8000"],
        ...["--env", "TITLE=two words"],
        ...["--mount", "type=volume,source=berth-dev-secrets,target=/run/secrets,readonly"],
        ...["--mount", "type=bind,source=/home/a/app/src,target=/app/src"],
        ...["--tmpfs", "/tmp:size=64m"],
        ...["--tmpfs", "/run"],
        ...["--cap-drop", "ALL"],
        ...["--security-opt", "no-new-privileges"],
        ...["--memory", "536870912"],
        ...["--pids-limit", "256"],
        ...["--network", "internal"],
        ...["--entrypoint", "node"],
        "sha256:abc",
        "src/migrate.ts",
        "down",
      ],
      networks: ["edge"],
    },
  );
});

test("a migration logs in as the owner of the schema, with a password that the application's containers lack", () => {
  const asApp = inspection.replace(
    '"PORT=8000"',
    '"DATABASE_USER=app_rows_a","DATABASE_PASSWORD_FILE=/run/secrets/app-secrets/1/database-password","PORT=8000"',
  );
  const { create } = migrationRun(asApp, { project: "berth", stack: "dev" }, "name", ["node", "up"], {
    volume: "migration-secrets-1",
  });
  const given = create.filter((_, index) => ["--env", "--mount"].includes(create[index - 1] ?? ""));
  assert.deepEqual(given, [
    "PORT=8000",
    "TITLE=two words",
    "DATABASE_USER=app_migration",
    "DATABASE_PASSWORD_FILE=/run/secrets/migration-secrets/newest/database-password",
    "type=volume,source=migration-secrets-1,target=/run/secrets/migration-secrets,readonly",
    "type=volume,source=berth-dev-secrets,target=/run/secrets,readonly",
    "type=bind,source=/home/a/app/src,target=/app/src",
  ]);
});

test("a password is never an argument of the program that takes it", () => {
  assert.deepEqual(adminArguments("ada@example.org", { name: "Ada", passwordStdin: true }), [
    "--email=ada@example.org",
    "--name=Ada",
    "--password-stdin",
  ]);
  assert.deepEqual(adminArguments("--help", {}), ["--email=--help"]);
  assert.deepEqual(invitationArguments("--help", { link: true }), ["--email=--help", "--link"]);
  assert.deepEqual(mailArguments("--help"), ["--to=--help"]);
});

test("psql and shells have a terminal inside only if there is one outside", () => {
  assert.deepEqual(execArgs("c1", psqlCommand(["-c", "select 1"]), false), [
    ...["exec", "--interactive", "c1"],
    ...["psql", "-U", "postgres", "-d", "app", "-c", "select 1"],
  ]);
  assert.deepEqual(execArgs("c1", ["sh"], true), ["exec", "--interactive", "--tty", "c1", "sh"]);
});
