import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { contextProblem, currentContext, followContext } from "../../system/docker-context.ts";

const missing = spawnSync("docker", ["--version"]).error !== undefined && "the docker command is not here";
const far = "ssh://deploy@far.example.org";

/** The client's folder with the contexts `far` and `sealed`, made by the client itself. */
function clientFolder(context: TestContext, current?: string): NodeJS.ProcessEnv {
  const folder = mkdtempSync(join(tmpdir(), "berth-contexts-"));
  context.after(() => {
    rmSync(folder, { recursive: true });
  });
  const env = { PATH: process.env["PATH"], DOCKER_CONFIG: folder };
  const docker = (...args: string[]) => execFileSync("docker", ["context", ...args], { env, stdio: "pipe" });
  const [certificate, key] = [join(folder, "own.pem"), join(folder, "own.key")];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  execFileSync(
    "openssl",
    ["req", "-x509", ...kind, "-subj", "/CN=own", "-keyout", key, "-out", certificate],
    { stdio: "ignore" },
  );
  docker("create", "far", "--docker", `host=${far}`);
  const sealed = `host=tcp://sealed.example.org:2376,ca=${certificate},cert=${certificate},key=${key}`;
  docker("create", "sealed", "--docker", sealed);
  if (current !== undefined) docker("use", current);
  return env;
}

await describe("a docker context", { skip: missing }, () => {
  test("in effect is the one that the client names: by variable, by its settings, or none", (context) => {
    assert.equal(currentContext(clientFolder(context)), undefined);
    const env = clientFolder(context, "far");
    assert.deepEqual(currentContext(env), { name: "far", host: far, certificates: undefined });
    assert.equal(currentContext({ ...env, DOCKER_CONTEXT: "sealed" })?.host, "tcp://sealed.example.org:2376");
    assert.equal(currentContext({ ...env, DOCKER_HOST: "unix:///run/own.sock" }), undefined);
    assert.equal(currentContext({ ...env, DOCKER_CONTEXT: "nobody" })?.host, undefined);
    assert.equal(currentContext({ ...env, DOCKER_CONTEXT: "default" }), undefined);
  });

  test("becomes DOCKER_HOST, which the client and Pulumi's provider read alike", (context) => {
    const env = clientFolder(context, "far");
    const followed = (variables: NodeJS.ProcessEnv) => {
      const all: NodeJS.ProcessEnv = { ...env, ...variables };
      followContext(all);
      const { DOCKER_CONTEXT, DOCKER_HOST, DOCKER_TLS_VERIFY } = all;
      return { DOCKER_CONTEXT, DOCKER_HOST, DOCKER_TLS_VERIFY, folder: all["DOCKER_CERT_PATH"] };
    };
    const none = { DOCKER_CONTEXT: undefined, DOCKER_TLS_VERIFY: undefined, folder: undefined };
    assert.deepEqual(followed({}), { ...none, DOCKER_HOST: far });
    // The client prefers the address, the provider would prefer the context.
    const own = "unix:///run/own.sock";
    assert.deepEqual(followed({ DOCKER_HOST: own, DOCKER_CONTEXT: "sealed" }), { ...none, DOCKER_HOST: own });
    const { folder, ...sealed } = followed({ DOCKER_CONTEXT: "sealed" });
    assert.equal(sealed.DOCKER_HOST, "tcp://sealed.example.org:2376");
    assert.equal(sealed.DOCKER_TLS_VERIFY, "1");
    assert.deepEqual(readdirSync(folder ?? "").sort(), ["ca.pem", "cert.pem", "key.pem"]);
    // The client says that it knows no such context.
    assert.equal(followed({ DOCKER_CONTEXT: "nobody" }).DOCKER_CONTEXT, "nobody");
    assert.deepEqual(followed({ DOCKER_CONTEXT: "default" }), { ...none, DOCKER_HOST: undefined });
  });

  test("that plain Pulumi would not follow is refused, with the address to set", (context) => {
    const env = clientFolder(context, "far");
    assert.match(
      contextProblem(undefined, env) ?? "",
      /context far .* DOCKER_HOST=ssh:\/\/deploy@far\.example\.org,/,
    );
    assert.equal(contextProblem("ssh://deploy@other.example.org", env), undefined);
    const named = { ...env, DOCKER_CONTEXT: "sealed" };
    // The provider follows this variable even against its own setting.
    assert.match(
      contextProblem("ssh://other.example.org", named) ?? "",
      /DOCKER_HOST=ssh:\/\/other\.example\.org,/,
    );
    assert.equal(contextProblem(undefined, { ...env, DOCKER_HOST: far }), undefined);
    assert.equal(contextProblem(undefined, clientFolder(context)), undefined);
    const local = "/var/run/docker.sock";
    if (existsSync(local)) {
      const folder = env["DOCKER_CONFIG"] ?? "";
      symlinkSync(local, join(folder, "desktop.sock"));
      const desktop = ["create", "desktop", "--docker", `host=unix://${folder}/desktop.sock`];
      execFileSync("docker", ["context", ...desktop], { env, stdio: "pipe" });
      execFileSync("docker", ["context", "use", "desktop"], { env, stdio: "pipe" });
      assert.equal(contextProblem(undefined, env), undefined);
      execFileSync("docker", ["context", "use", "far"], { env, stdio: "pipe" });
    }
    const berths = { ...env };
    followContext(berths);
    assert.equal(contextProblem(undefined, berths), undefined);
  });
});
