import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { nginxConfig } from "../../infra/rendering/edge-config.ts";
import { edgePaths, edgePorts } from "../../infra/rendering/edge-paths.ts";
import { errorPages, errorStatuses, maintenancePages } from "../../infra/rendering/error-pages.ts";
import { fileBundle } from "../../infra/rendering/file-bundle.ts";
import { quoted } from "../../infra/rendering/render-lines.ts";
import { strictTransportSecurity } from "../../infra/rendering/security-headers.ts";
import { headers as applicationHeaders } from "../../app/src/platform/http/security-headers.ts";
import { canary, edgeVariants, oneReplica, plainEdge } from "../support/edge-shapes.ts";

const golden = join(import.meta.dirname, "golden", "nginx");

function mainOf(name: keyof typeof edgeVariants): string {
  const variant = edgeVariants[name];
  assert.ok(variant);
  return nginxConfig(variant.shape, variant.release, "en").files["nginx.conf"] ?? "";
}

for (const [name, { shape, release }] of Object.entries(edgeVariants)) {
  test(`nginx.conf of ${name} is the recorded one`, (t) => {
    const { files } = nginxConfig(shape, release, "en");
    t.assert.fileSnapshot(
      `${files["nginx.conf"] ?? ""}\n# upstream.conf\n${files["upstream.conf"] ?? ""}`,
      join(golden, `${name}.conf`),
      {
        serializers: [String],
      },
    );
  });
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
    for (const line of mainOf(name).split("\n")) {
      if (/^\s*add_header /.test(line)) depths.add(open.join(" > "));
      if (line.endsWith("{")) open.push(line.trim().split(" ")[0] ?? "");
      if (line.trim() === "}") open.pop();
    }
    assert.deepEqual([...depths], ["http > server"], name);
  }
});

test("every header of the application has one map and one line a server; HSTS comes from the edge alone", () => {
  const text = mainOf("self-signed");
  for (const header of Object.keys(applicationHeaders)) {
    assert.equal(text.split(`add_header ${header} `).length - 1, 1, header);
  }
  assert.equal(text.split("add_header Strict-Transport-Security ").length - 1, 1);
  assert.ok(!("Strict-Transport-Security" in applicationHeaders));
  assert.equal(strictTransportSecurity(plainEdge), "max-age=63072000");
  assert.equal(
    strictTransportSecurity({ ...plainEdge, hstsSubdomains: true, hstsPreload: true }),
    "max-age=63072000; includeSubDomains; preload",
  );
  assert.ok(!mainOf("plain-http").includes("Strict-Transport-Security"));
});

test("scripts and snippets use the paths and ports that the renderers use", () => {
  const { files } = nginxConfig(plainEdge, oneReplica, "en");
  const load = files["bin/load.sh"] ?? "";
  assert.ok(load.includes(`run=${edgePaths.run}\n`));
  assert.ok(load.includes(`served=${edgePaths.certificates}/served/current\n`));
  for (const script of ["load", "watch", "take-out", "bring-back"])
    assert.ok((files[`bin/${script}.sh`] ?? "").includes(`out=${edgePaths.outOfService}\n`), script);
  assert.ok(load.includes(`http://127.0.0.1:${edgePorts.probe}/stage`));
  assert.ok((files["bin/switch.sh"] ?? "").includes(`http://127.0.0.1:${edgePorts.probe}/release`));
  assert.ok((files["bin/start.sh"] ?? "").includes(`config=${edgePaths.config}\n`));
  assert.ok((files["snippets/temporary-files.conf"] ?? "").includes(`${edgePaths.state}/temp/`));
});

test("pages exist in both languages and formats, and a message cannot bring markup", () => {
  for (const locale of ["en", "ru"] as const) {
    const pages = errorPages(locale);
    for (const status of errorStatuses) {
      assert.match(pages[`${status}.html`] ?? "", new RegExp(`<html lang="${locale}">`));
      const problem: unknown = JSON.parse(pages[`${status}.json`] ?? "");
      assert.equal((problem as { status: number }).status, status);
    }
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
