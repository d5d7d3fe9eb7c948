import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { nginxConfig } from "../../infra/rendering/edge-config.ts";
import { edgePaths, edgePorts, mediaAccelPrefix, startLine } from "../../infra/rendering/edge-paths.ts";
import { errorPages, errorStatuses, maintenancePages } from "../../infra/rendering/error-pages.ts";
import { fileBundle } from "../../infra/rendering/file-bundle.ts";
import { quoted } from "../../infra/rendering/render-lines.ts";
import { heldPorts, holdSockets, listenerFiles } from "../../infra/rendering/listener-files.ts";
import { strictTransportSecurity } from "../../infra/rendering/nginx-maps.ts";
import { portChange, proxyPorts } from "../../infra/stack/port-change.ts";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { problemTitle } from "../../app/src/platform/html/problem-title.ts";
import * as applicationProblems from "../../app/src/platform/problems/problems.ts";
import { headers as applicationHeaders } from "../../app/src/platform/http/security-headers.ts";
import { canary, edgeVariants, oneReplica, plainEdge } from "../support/edge-shapes.ts";

const golden = join(import.meta.dirname, "golden", "nginx");
const nginxFolder = join(import.meta.dirname, "../../nginx");

/** What is rendered for a variant; files of `nginx/` are the same for all of them. */
function rendered(name: string): string {
  const variant = edgeVariants[name];
  assert.ok(variant);
  const { files } = nginxConfig(variant.shape, variant.release, "en");
  return Object.keys(files)
    .filter((path) => !existsSync(join(nginxFolder, path)) && !path.startsWith("pages/"))
    .sort()
    .map((path) => `# ${path}\n${files[path] ?? ""}`)
    .join("\n");
}

/** The lines in which one text differs from another, as `diff --unified` shows them. */
function differences(before: string, after: string): string {
  const folder = mkdtempSync(join(tmpdir(), "berth-golden-"));
  try {
    const [first, second] = [join(folder, "before"), join(folder, "after")];
    writeFileSync(first, before);
    writeFileSync(second, after);
    const labels = ["--label", "self-signed", "--label", "variant"];
    const run = spawnSync("diff", ["--unified=1", ...labels, first, second], { encoding: "utf8" });
    assert.equal(run.status, 1, run.stderr || "a variant that changes nothing");
    return run.stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("a self-signed stack renders the recorded text", (t) => {
  t.assert.fileSnapshot(rendered("self-signed"), join(golden, "self-signed.conf"), { serializers: [String] });
});

for (const name of Object.keys(edgeVariants).filter((known) => known !== "self-signed")) {
  test(`${name} differs from it as recorded`, (t) => {
    t.assert.fileSnapshot(
      differences(rendered("self-signed"), rendered(name)),
      join(golden, `${name}.diff`),
      { serializers: [String] },
    );
  });
}

function filesOf(name: string): Readonly<Record<string, string>> {
  const variant = edgeVariants[name];
  assert.ok(variant);
  return nginxConfig(variant.shape, variant.release, "en").files;
}

/** `nginx.conf` with every file of the set in the place where it is included. */
function whole(name: string, path = "nginx.conf"): string {
  const files = filesOf(name);
  return (files[path] ?? "").replaceAll(
    /^( *)include ((?:snippets|limits|application)\/[\w-]+\.conf);$/gm,
    (_, indent, included) => whole(name, String(included)).replaceAll(/^(?=.)/gm, String(indent)),
  );
}

test("the same input gives the same set, and any change another one", () => {
  const set = nginxConfig(plainEdge, oneReplica, "en").set;
  assert.equal(nginxConfig(plainEdge, oneReplica, "en").set, set);
  assert.match(set, /^[0-9a-f]{16}$/);
  const others = [
    nginxConfig(plainEdge, canary, "en").set,
    nginxConfig(plainEdge, oneReplica, "ru").set,
    nginxConfig({ ...plainEdge, maxBody: 26 }, oneReplica, "en").set,
  ];
  assert.equal(new Set([set, ...others]).size, 4);
});

test("a release changes its upstream only", () => {
  const before = nginxConfig(plainEdge, oneReplica, "en").files;
  const after = nginxConfig(plainEdge, { ...oneReplica, id: "r2", upstreams: canary.upstreams }, "en").files;
  const changed = Object.keys(after).filter((path) => after[path] !== before[path]);
  assert.deepEqual(changed.sort(), ["upstream.conf", "upstreams"]);
});

test("add_header stands in server blocks only, so no location loses the security headers", () => {
  for (const name of Object.keys(edgeVariants)) {
    const depths = new Set<string>();
    const open: string[] = [];
    for (const line of whole(name).split("\n")) {
      if (/^\s*add_header /.test(line)) depths.add(open.join(" > "));
      if (line.endsWith("{")) open.push(line.trim().split(" ")[0] ?? "");
      if (line.trim() === "}") open.pop();
    }
    assert.deepEqual([...depths], ["http > server"], name);
  }
});

test("Nginx sends the application's security headers with the application's values", () => {
  const headers = whole("self-signed");
  for (const [header, value] of Object.entries(applicationHeaders)) {
    const variable = `$edge_${header.toLowerCase().replaceAll("-", "_")}`;
    assert.equal(headers.split(`add_header ${header} ${variable} always;`).length - 1, 1, header);
    assert.ok(headers.includes(`map $edge_kind ${variable} {`), header);
    // The value itself: in the header's own map, or in the map of a default that two of them share.
    assert.match(
      headers,
      new RegExp(`^ +(?:default|"") (?:"${escaped(value)}"|${escaped(value)});$`, "m"),
      header,
    );
  }
  assert.ok(!("Strict-Transport-Security" in applicationHeaders));
  const { shape } = edgeVariants["self-signed"] ?? assert.fail();
  assert.equal(strictTransportSecurity(shape), "max-age=63072000");
  assert.equal(
    strictTransportSecurity({ ...shape, hstsSubdomains: true, hstsPreload: true }),
    "max-age=63072000; includeSubDomains; preload",
  );
  assert.match(filesOf("plain-http")["nginx.conf"] ?? "", /\$strict_transport_security \{\n *default "";/);
});

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

test("no location follows a link out of its folder, nor logs a query string", () => {
  for (const name of Object.keys(edgeVariants)) {
    const text = whole(name);
    const own = ["/var/lib/berth/assets/served", "/run/berth/current"].map(
      (folder) => `disable_symlinks on from=${folder};`,
    );
    const rules = new Set(text.match(/disable_symlinks .*/g));
    assert.deepEqual(
      [...rules].filter((rule) => !own.includes(rule)),
      ["disable_symlinks on;"],
      name,
    );
    // Above the servers only messages about no request go to standard error.
    assert.deepEqual(text.match(/error_log .*/g), [
      "error_log stderr warn;",
      "error_log /run/berth/errors warn;",
    ]);
    assert.ok(text.indexOf("http {") < text.indexOf("error_log /run/berth/errors"));
  }
});

test("scripts and snippets use the paths and ports that the rest uses", () => {
  const files = filesOf("self-signed");
  const script = (name: string) => files[`bin/${name}.sh`] ?? "";
  assert.ok(script("reload").includes(`run=${edgePaths.run}\n`));
  assert.ok(script("reload").includes(`served=${edgePaths.certificates}/served/current\n`));
  assert.ok(script("resolve").includes(`${edgePaths.outOfService}/`));
  for (const name of ["drain-replica", "enable-replica"])
    assert.ok(script(name).includes(`out=${edgePaths.outOfService}\n`), name);
  assert.ok(script("reload").includes(`http://127.0.0.1:${edgePorts.probe}/stage`));
  assert.ok(script("switch").includes(`http://127.0.0.1:${edgePorts.probe}/`));
  assert.ok(script("start").includes(`config=${edgePaths.config}\n`));
  const text = whole("self-signed");
  for (const path of [
    `listen 127.0.0.1:${edgePorts.probe};`,
    `listen ${edgePorts.status};`,
    `${edgePaths.state}/temp/`,
    `root ${edgePaths.webroot};`,
    `root ${edgePaths.assets}/served;`,
    `root ${edgePaths.media};`,
    `location ^~ ${mediaAccelPrefix} {`,
    `alias ${edgePaths.run}/current/pages/;`,
  ])
    assert.ok(text.includes(path), path);
});

test("a container finds the scripts that its start line and watcher call, in every version that it may meet", () => {
  const files = filesOf("self-signed");
  assert.ok(startLine.includes("/etc/berth/committed/bin/start.sh"));
  for (const path of ["bin/start.sh", "bin/watch.sh", "bin/take-sockets.pl"]) assert.ok(path in files, path);
  // The start line of an earlier version reads `desired/bin/start.sh`, its loop calls
  // `current/bin/watch.sh`.
  const handOver = readFileSync(join(nginxFolder, "../infra/commands/hand-over-proxy.sh"), "utf8");
  assert.ok(handOver.includes('sh /etc/berth/desired "$folder/idle"'));
  const { files: listener } = listenerFiles(plainEdge);
  for (const path of ["idle/bin/start.sh", "idle/bin/watch.sh"]) assert.ok(path in listener, path);
});

test("sockets are held for the published ports and for the counters; HTTP/3 has its own", () => {
  assert.deepEqual(heldPorts({ ...plainEdge, tls: "selfsigned", http3: true }), [
    "8080",
    "8443",
    "8443/udp",
    "9145",
  ]);
  assert.deepEqual(heldPorts({ ...plainEdge, tls: "off" }), ["8080", "9145"]);
  assert.ok(holdSockets.includes(`my $folder = "${edgePaths.state}/listener";`));
  assert.ok(
    (filesOf("self-signed")["bin/watch.sh"] ?? "").includes(`${edgePaths.state}/listener/$LISTENER.started`),
  );
});

test("a container that publishes ports goes first only if the new one needs one of them", () => {
  const at = (httpPort: number, httpsPort: number, more: Partial<EdgeConfig> = {}) =>
    proxyPorts({ ...plainEdge, tls: "selfsigned", httpPort, httpsPort, ...more });
  const held = at(80, 443);
  assert.equal(portChange(at(80, 443), []), "stays");
  assert.equal(portChange(at(80, 443), held.toReversed()), "stays");
  assert.equal(portChange(at(8080, 8443), held), "beside");
  assert.equal(portChange(at(80, 8443), held), "goes-first");
  assert.equal(portChange(at(80, 443, { proxyAddress: "127.0.0.1" }), held), "goes-first");
  assert.equal(portChange(at(80, 443, { http3: true }), held), "goes-first");
});

test("every snippet names a reason or Nginx's default, and a page that documents what it sets", () => {
  // Lists of other snippets, and what two locations have in common.
  const parts = ["site.conf", "application.conf", "asset-files.conf", "media-files.conf", "media-names.conf"];
  for (const name of readdirSync(join(nginxFolder, "snippets")).filter((known) => !parts.includes(known))) {
    const text = readFileSync(join(nginxFolder, "snippets", name), "utf8");
    assert.match(text, /\b(?:Reason|Default): |because|[Dd]efault/, name);
    assert.match(text, /https:\/\//, name);
  }
});

test("problems that the application answers with too are the same ones: code, status, type and title", () => {
  const pages = errorPages();
  const ofApplication = new Map(
    Object.values(applicationProblems).map(({ code, status, title }) => [code, { status, title }]),
  );
  const shared: string[] = [];
  for (const status of errorStatuses) {
    const { code, title, type } = JSON.parse(pages[`${status}.json`] ?? "") as Record<string, string>;
    assert.equal(type, `urn:problem:${String(code)}`);
    const same = ofApplication.get(String(code));
    if (same === undefined) continue;
    shared.push(String(code));
    assert.deepEqual({ status, title }, same, code);
    const heading = /<h1>(.*)<\/h1>/.exec(pages[`${status}.ru.html`] ?? "")?.[1];
    assert.equal(heading, problemTitle({ code: String(code), title: String(title) }, "ru"), code);
  }
  assert.deepEqual(shared.sort(), [
    ...["forbidden", "internal-error", "method-not-allowed", "not-found"],
    ...["too-large", "too-many-requests", "unavailable"],
  ]);
  for (const { code, title } of Object.values(applicationProblems))
    assert.match(problemTitle({ code, title }, "ru"), /^[А-Яа-яЁё]/, `${code} has a title in Russian`);
  const { code } = JSON.parse(maintenancePages("Back at 10:00", "ru").json) as { code: string };
  assert.ok(!ofApplication.has(code) && !shared.includes(code), "a code has one title");
});

test("pages exist in both languages, problem details in English, and a message cannot bring markup", () => {
  const pages = errorPages();
  for (const status of errorStatuses) {
    for (const locale of ["en", "ru"])
      assert.match(pages[`${status}.${locale}.html`] ?? "", new RegExp(`<html lang="${locale}">`));
    const problem = JSON.parse(pages[`${status}.json`] ?? "") as Record<string, unknown>;
    assert.deepEqual(Object.keys(problem), ["type", "title", "status", "code", "detail", "instance"]);
    assert.equal(problem["status"], status);
    assert.equal(problem["instance"], "urn:request:{request_id}");
    assert.match(`${String(problem["title"])}${String(problem["detail"])}`, /^[\x20-\x7e]+$/);
  }
  const { html, json } = maintenancePages('Back at 10:00 <script>alert("x")</script> & later', "en");
  assert.ok(html.includes("Back at 10:00 &lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; later"));
  assert.equal(
    (JSON.parse(json) as { detail: string }).detail,
    'Back at 10:00 <script>alert("x")</script> & later',
  );
});

test("a value that could leave its quotes is refused", () => {
  for (const value of ['a"b', "a\nb", "$host", "a\\b"]) assert.throws(() => quoted(value), RangeError);
});

test("a bundle refuses paths that leave its folder and text that would end early", () => {
  for (const path of ["../x", "/x", "a/../b", "a b", ".ssh/x", "a//b"]) {
    assert.throws(() => fileBundle({ [path]: "x\n" }), RangeError, path);
  }
  assert.throws(() => fileBundle({ a: "no line break" }), RangeError);
  assert.throws(() => fileBundle({ a: "END-OF-FILE-7f3a\n" }), RangeError);
});
