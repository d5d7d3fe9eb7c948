import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { effectOf } from "../../cli/preview/effects.ts";
import { readPlan } from "../../cli/preview/preview-steps.ts";
import { commentMark, previewReport, renderMarkdown } from "../../cli/preview/report.ts";
import { bundledFiles, fileBundle } from "../../infra/rendering/file-bundle.ts";
import { promisedEffects, type ChangeKind } from "../support/preview-kinds.ts";

const golden = join(import.meta.dirname, "golden", "preview");
const read = (kind: string) => readFileSync(join(golden, `${kind}.json`), "utf8");
const kinds = readdirSync(golden)
  .filter((name) => name.endsWith(".json"))
  .map((name) => basename(name, ".json") as ChangeKind);

test("every recorded kind of change has its effect", () => {
  assert.deepEqual(kinds.toSorted(), Object.keys(promisedEffects).toSorted());
});

for (const kind of kinds) {
  test(`the report of ${kind.replaceAll("-", " ")} is as recorded`, (t) => {
    const report = previewReport("prod", readPlan(read(kind)), !kind.endsWith("refused"));
    assert.equal(report.effect, promisedEffects[kind]);
    t.assert.fileSnapshot(renderMarkdown(report), join(golden, `${kind}.md`), { serializers: [String] });
  });
}

test("a plain value that becomes a secret, and a secret that changes, are told by name only", () => {
  const container = (value: string) => ({
    type: "docker:index/container:Container",
    inputs: { envs: [`API_TOKEN=${value}`] },
  });
  const step = {
    op: "replace",
    urn: "urn:pulumi:prod::berth::berth:index:App$docker:index/container:Container::app-1",
    oldState: container("plain-value-7f3a"),
    newState: container("[secret]"),
    detailedDiff: { "envs[0]": {} },
  };
  const text = renderMarkdown(previewReport("prod", readPlan(JSON.stringify({ steps: [step] })), true));
  assert.match(text, /API_TOKEN/);
  assert.doesNotMatch(text, /plain-value|\[secret\]/);
});

test("data that would be deleted is at risk; what outlives its stack is not", () => {
  const volume = (name: string, retainOnDelete: boolean) => ({
    op: "delete",
    urn: `urn:pulumi:prod::berth::berth:index:Database$docker:index/volume:Volume::${name}`,
    oldState: { type: "docker:index/volume:Volume", retainOnDelete },
  });
  const effects = [
    volume("postgres-data", false),
    volume("postgres-data", true),
    volume("redis-secrets-volume", false),
  ]
    .map((step) => readPlan(JSON.stringify({ steps: [step] })))
    .map((plan) => plan.changes.map((change) => effectOf(change, plan)));
  assert.deepEqual(effects, [["data at risk"], ["nothing"], ["nothing"]]);
});

test("without a proxy, an application's container stops before the next one starts", () => {
  const step = {
    op: "replace",
    urn: "urn:pulumi:basic::berth::berth:index:App$docker:index/container:Container::app-1",
    newState: { type: "docker:index/container:Container", inputs: {} },
  };
  assert.equal(previewReport("basic", readPlan(JSON.stringify({ steps: [step] })), true).effect, "restart");
});

test("a report is found again by its first line, and a message cannot leave its block", () => {
  const message = "error: a\n```\n| b |";
  const plan = readPlan(JSON.stringify({ diagnostics: [{ severity: "error", message }] }));
  const text = renderMarkdown(previewReport("prod", plan, false));
  assert.ok(text.startsWith(`${commentMark("prod")}\n`));
  assert.match(text, /^### prod: refused$/m);
  assert.match(text, /^````\na\n```\n\| b \|\n````$/m);
});

test("a report of 100 kB is cut between its sections, and says so", () => {
  const bundle = (text: string) => fileBundle({ "long.conf": text.repeat(5_000), "short.conf": text });
  const traffic = (text: string) => ({ type: "command:local:Command", inputs: { stdin: bundle(text) } });
  const step = {
    op: "replace",
    urn: "urn:pulumi:prod::berth::berth:index:TrafficSwitch$command:local:Command::traffic-switch",
    oldState: traffic("a line\n"),
    newState: traffic("another line\n"),
  };
  const text = renderMarkdown(previewReport("prod", readPlan(JSON.stringify({ steps: [step] })), true));
  assert.ok(text.length < 65_536);
  assert.match(text, /<code>short\.conf<\/code>/);
  assert.match(text, /\n1 more section is too long for a comment; `--report json` has all\.$/);
});

test("a bundle gives back the files that it was made from", () => {
  const files = { "nginx.conf": "http {\n}\n", "snippets/a.conf": "", "pages/b.html": "cat\n" };
  assert.deepEqual(bundledFiles(fileBundle(files)), files);
});
