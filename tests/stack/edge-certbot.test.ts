import assert from "node:assert/strict";
import { test } from "node:test";
import { rootCertificates } from "node:tls";
import { runProgram } from "../support/mock-engine.ts";
import { assertPolicies, ofType } from "../support/registered.ts";

const token = "cloudflare-token-of-a-test";
const settings = {
  domain: "example.org,*.example.org",
  redirectDomains: "www.example.org",
  acmeChallenge: "dns",
  cloudflareToken: token,
  acmeEmail: "ops@example.org",
  replicas: "2",
  acmeDirectoryCa: rootCertificates[0] ?? "",
  trustedCa: rootCertificates[1] ?? "",
};
const registered = await runProgram("prod", settings, ["cloudflareToken"]);
const named = (name: string) => {
  const found = registered.find((resource) => resource.name === name);
  assert.ok(found, name);
  return found;
};
const childrenOf = (component: string) =>
  registered
    .filter(({ parent }) => parent.endsWith(`::${component}`))
    .map(({ type, name }) => `${type.split(":").at(-1) ?? ""} ${name}`)
    .sort();

test("the proxy is its volumes, their owner, two containers with their admission, and the hand-over", () => {
  assert.deepEqual(childrenOf("edge"), [
    "Command edge-admission",
    "Command edge-hand-over",
    "Command edge-listener-admission",
    "Command edge-volumes",
    "Container edge-listener",
    "Container edge-proxy",
    "Volume edge-acme-webroot",
    "Volume edge-certificates",
    "Volume edge-proxy-config",
    "Volume edge-proxy-state",
  ]);
  // Authorities limit how often names are certified; the next `up` makes everything else again.
  const kept = ofType(registered, "docker:index/volume:Volume").filter(
    ({ name, retainOnDelete }) => name.startsWith("edge-") && retainOnDelete,
  );
  assert.deepEqual(
    kept.map(({ name, inputs }) => [name, inputs["name"]]),
    [["edge-certificates", "berth-prod-certificates"]],
  );
});

test("Nginx runs as an ordinary user, reads everything but its state, and ends with SIGQUIT", () => {
  const { inputs } = named("edge-proxy");
  assert.deepEqual([inputs["user"], inputs["stopSignal"]], ["101:101", "SIGQUIT"]);
  const volumes = inputs["volumes"] as { containerPath: string; readOnly?: boolean }[];
  assert.deepEqual(
    volumes.filter(({ readOnly }) => readOnly !== true).map(({ containerPath }) => containerPath),
    // The configuration is root's in there, and Nginx is not root.
    ["/etc/berth", "/var/lib/berth/state"],
  );
  assert.deepEqual(
    volumes.filter(({ readOnly }) => readOnly === true).map(({ containerPath }) => containerPath),
    ["webroot", "certificates", "assets", "media"].map((part) => `/var/lib/berth/${part}`),
  );
});

test("the container that publishes the ports is not replaced for anything but them; Nginx is, once the new one serves", () => {
  const listener = named("edge-listener");
  assert.deepEqual(
    (listener.inputs["networksAdvanced"] as { aliases: string[] }[]).map(({ aliases }) => aliases),
    [["nginx"]],
  );
  const changes = Object.keys(listener.inputs).filter((input) => !listener.ignoreChanges.includes(input));
  assert.deepEqual(changes.sort(), ["mustRun", "networksAdvanced", "ports", "wait"]);
  assert.deepEqual(listener.aliases, ["edge-nginx"]);
  assert.deepEqual(named("edge-proxy").inputs["envs"], ["LISTENER=edge-listene"]);
  const { inputs, dependencies } = named("edge-hand-over");
  assert.deepEqual(inputs["triggers"], ["edge-proxy-id", "edge-listener-id"]);
  const names = dependencies.map((urn) => urn.slice(urn.lastIndexOf("::") + 2));
  for (const before of ["edge-admission", "edge-listener-admission"]) assert.ok(names.includes(before));
});

test("Certbot's container gets every name, publishes nothing, and has the token as a file only", () => {
  assert.deepEqual(childrenOf("certificates"), [
    "Command certificates-admission",
    "Container certificates-certbot",
    "SecretFiles certificates-cloudflare",
  ]);
  const { inputs } = named("certificates-certbot");
  const environment = Object.fromEntries(
    (inputs["envs"] as string[]).map((line) => line.split("=") as [string, string]),
  );
  assert.equal(environment["NAMES"], "example.org,*.example.org,www.example.org");
  assert.equal(environment["ACME_CHALLENGE"], "dns");
  assert.match(
    environment["CLOUDFLARE_CREDENTIALS_FILE"] ?? "",
    /^\/run\/secrets\/certificates-cloudflare\/.+\/token\.ini$/,
  );
  assert.equal(inputs["ports"], undefined);
});

test("the token is an input of the secret files only", () => {
  const encoded = Buffer.from(`dns_cloudflare_api_token = ${token}\n`).toString("base64");
  for (const { name, inputs, secrets } of registered) {
    for (const [key, value] of Object.entries(inputs)) {
      const text = JSON.stringify(value);
      if (!text.includes(token) && !text.includes(encoded)) continue;
      assert.match(`${name} ${key}`, /^certificates-cloudflare-(?:write stdin|version keepers)$/);
      assert.ok(secrets.includes(key), `${name} ${key} is secret`);
    }
  }
});

test("the switch is one command: the set over standard input, run again for new replicas, another proxy or another set", () => {
  assert.deepEqual(childrenOf("traffic"), ["Command traffic-switch"]);
  const { inputs } = named("traffic-switch");
  const environment = inputs["environment"] as Record<string, string>;
  assert.equal(environment["PROXY"], "edge-proxy-id");
  assert.equal(environment["REPLICAS"], "app-1-id app-2-id");
  assert.equal(environment["ANSWERS"], "4");
  assert.match(environment["SET"] ?? "", /^[0-9a-f]{16}$/);
  assert.deepEqual(inputs["triggers"], [["app-1-id", "app-2-id"], "edge-proxy-id", environment["SET"]]);
  assert.match(String(inputs["stdin"]), /server app-1:8000 /);
});

test("static files are published before the traffic switch, by a container without network and capabilities", () => {
  assert.deepEqual(childrenOf("assets"), ["Command assets-publish", "Volume assets-volume"]);
  const { create, environment } = named("assets-publish").inputs;
  assert.equal(create, "sh infra/commands/publish-assets.sh /app/static/assets /assets/");
  const publish = String((environment as Record<string, unknown>)["PUBLISH"]);
  for (const flag of ["--network=none", "--read-only", "--cap-drop=ALL", "--volume=assets-volume:/assets"])
    assert.ok(publish.includes(flag), flag);
});

test("policies hold", () => {
  assertPolicies(registered);
});

test("Certbot, the application and the build trust the setting's authority", () => {
  const [directory = "", own = ""] = rootCertificates;
  const certbot = named("certificates-certbot").inputs["envs"] as string[];
  assert.ok(certbot.includes(`ACME_DIRECTORY_CA=${directory}\n${own}\n`));
  const stdin = String(named("app-secrets-write").inputs["stdin"]);
  assert.ok(stdin.includes(`trusted-ca.pem ${Buffer.from(`${own}\n`).toString("base64")}\n`));
  const [image] = ofType(registered, "docker:index/remoteImage:RemoteImage");
  const build = image?.inputs["build"] as { buildArgs: Record<string, string> };
  assert.equal(build.buildArgs["TRUSTED_CA"], `${own}\n`);
});
