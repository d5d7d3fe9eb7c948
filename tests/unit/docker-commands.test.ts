import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { parseContainers } from "../../system/container.ts";
import { dockerCommand } from "../../system/docker-commands.ts";
import { Docker } from "../../system/docker.ts";
import { recordsOn } from "../../releases/read-records.ts";

/** A docker command that does what a shell script says. */
function pretended(t: TestContext, script: string, project?: string): Docker {
  const folder = mkdtempSync(join(tmpdir(), "berth-docker-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  const program = join(folder, "docker");
  writeFileSync(program, `#!/bin/sh\n${script}\n`);
  chmodSync(program, 0o755);
  return new Docker({ ...process.env, PATH: `${folder}:${process.env["PATH"] ?? ""}` }, undefined, project);
}

test("command lines are Docker's own", () => {
  assert.deepEqual(dockerCommand.ids("network", ["label=berth.stack=dev"]), [
    ...["network", "ls", "--quiet", "--no-trunc", "--filter", "label=berth.stack=dev"],
  ]);
  assert.deepEqual(dockerCommand.ids("volume", ["label=berth.record"]), [
    ...["volume", "ls", "--quiet", "--filter", "label=berth.record"],
  ]);
  assert.deepEqual(dockerCommand.logs("c1", { follow: true, tail: 0 }), [
    "logs",
    "--follow",
    "--tail",
    "0",
    "c1",
  ]);
  assert.deepEqual(dockerCommand.createVolume("v", { "berth.part": "release" }), [
    ...["volume", "create", "--label", "berth.part=release", "v"],
  ]);
});

test("containers that start are named in a way that clients of every age know", () => {
  assert.deepEqual(dockerCommand.starts(["label=berth.stack=dev"]), [
    ...[
      "events",
      "--filter",
      "type=container",
      "--filter",
      "event=start",
      "--filter",
      "label=berth.stack=dev",
    ],
    ...["--format", "{{.Actor.ID}}"],
  ]);
});

test("values of proxy variables are no arguments of a build", () => {
  const build = {
    reference: "berth/redis:8",
    context: "/context",
    buildArguments: { BASE_IMAGE: "berth/debian:13" },
    passedOn: ["HTTPS_PROXY"],
    labels: { "berth.image": "redis" },
  };
  assert.deepEqual(dockerCommand.build(build), [
    ...["build", "--force-rm", "--tag", "berth/redis:8", "--label", "berth.image=redis"],
    ...["--build-arg", "BASE_IMAGE=berth/debian:13", "--build-arg", "HTTPS_PROXY", "/context"],
  ]);
});

test("a stack of another project with the same name is another stack", async (t) => {
  const container = (id: string, labels: Record<string, string>) => ({
    ...{ Id: id, Name: `/${id}`, Created: "2026-11-21T12:00:00Z", NetworkSettings: { Ports: {} } },
    State: { Status: "running", ExitCode: 0, StartedAt: "2026-11-21T12:00:00Z" },
    Config: { Image: "i", Labels: { "berth.stack": "prod", "berth.part": "nginx", ...labels } },
  });
  const all = [
    container("own", { "berth.project": "shop" }),
    container("other", { "berth.project": "blog" }),
    container("one-shot", {}),
  ];
  const script = `case "$1 $2" in
    "container inspect") echo '${JSON.stringify(all)}' ;;
    "ps "*) printf 'own\\nother\\none-shot\\n' ;;
    *) echo "$*" ;;
  esac`;
  const names = async (docker: Docker) => (await docker.containersOf("prod")).map(({ name }) => name);
  assert.deepEqual(await names(pretended(t, script, "shop")), ["one-shot", "own"]);
  assert.deepEqual(await names(pretended(t, script)), ["one-shot", "other", "own"]);
  const filters = "--filter label=berth.stack=prod --filter label=berth.project=shop";
  assert.deepEqual(await pretended(t, script, "shop").volumesOf("prod"), [`volume ls --quiet ${filters}`]);
  assert.deepEqual(await pretended(t, script, "shop").networksOf("prod"), [
    `network ls --quiet --no-trunc ${filters}`,
  ]);
});

test("the container that publishes the proxy's ports is no Nginx once another one is", () => {
  const container = (id: string, held: boolean, status = "running") => ({
    ...{ Id: id, Name: `/${id}`, Created: "2026-11-21T12:00:00Z" },
    NetworkSettings: { Ports: held ? { "8080/tcp": [{ HostIp: "", HostPort: "80" }] } : {} },
    State: { Status: status, ExitCode: 0, StartedAt: "2026-11-21T12:00:00Z" },
    Config: { Image: "i", Labels: { "berth.stack": "prod", "berth.part": "nginx" } },
  });
  const parts = (...containers: unknown[]) =>
    parseContainers(JSON.stringify(containers)).map(({ name, part }) => `${part} ${name}`);
  assert.deepEqual(parts(container("one", true), container("two", false)), ["listener one", "nginx two"]);
  assert.deepEqual(parts(container("one", true), container("two", false, "exited")), [
    "nginx one",
    "nginx two",
  ]);
  assert.deepEqual(parts(container("one", true)), ["nginx one"]);
});

test("records are read whatever their number, and when a volume goes in between", async (t) => {
  const record = {
    ...{ release: "a-b", image: "i", imageId: "sha256:1", secrets: "s", migrations: [], breaking: [] },
    ...{ at: "2026-11-21T12:00:00.000Z", by: "ada@example", commit: null },
  };
  const volume = { Name: "v", Labels: { "berth.stack": "prod", "berth.record": JSON.stringify(record) } };
  const docker = pretended(
    t,
    `if [ "$2" = ls ]; then echo v; echo gone; exit; fi
awk 'BEGIN { printf "["; for (i = 0; i < 6000; i++) printf "%s,", ARGV[1]; print ARGV[1] "]" }' '${JSON.stringify(volume)}'
echo 'Error: no such volume: gone' >&2; exit 1`,
  );
  const records = await recordsOn(docker);
  assert.equal(records.length, 6001);
  assert.ok(JSON.stringify(records).length > 2 ** 20);
  assert.deepEqual(records[0], { ...record, volume: "v", project: "", stack: "prod" });
});

test("distinguishes an unreachable engine from a failed command, in the words of old and new clients", async (t) => {
  const failing = (words: string) => pretended(t, `echo '${words}' >&2; exit 1`).run(["ps"]);
  for (const words of [
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
    "failed to connect to the docker API at unix:///var/run/docker.sock; check if the path is correct and if the daemon is running",
    "permission denied while trying to connect to the Docker daemon socket",
    "error during connect: Get: command [ssh] has exited with exit status 255",
  ]) {
    await assert.rejects(failing(words), (error: Error & { exitCode?: number }) => {
      assert.equal(error.exitCode, 3, words);
      assert.match(error.message, /`npx berth doctor` says what to do/);
      return true;
    });
  }
  await assert.rejects(failing("Error: No such container: x"), { exitCode: 1 });
});
