import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { explainPart } from "../../cli/graph/explain.ts";
import { renderMermaid, renderSvg } from "../../cli/graph/render-graph.ts";
import { stackGraph } from "../../cli/graph/stack-graph.ts";
import { runProgram } from "../support/mock-engine.ts";

const root = join(import.meta.dirname, "../..");
const registered = await runProgram("prod", { domain: "example.org", replicas: "2" });
const graph = stackGraph(
  registered.map(({ inputs, name, type }) => ({
    urn: `urn:pulumi:prod::berth::${type}::${name}`,
    type,
    id: `${name}-id`,
    inputs: { ...inputs },
  })),
);
const part = (name: string) => graph.parts.find((one) => one.part === name) ?? assert.fail(`no ${name}`);

test("who asks whom is what the program gives them", () => {
  assert.deepEqual(graph.edges.map(({ by, from, to }) => `${from} ${by ?? "asks"} ${to}`).sort(), [
    "app asks postgres",
    "app asks redis",
    "backup asks postgres",
    "certbot files nginx",
    "listener sockets nginx",
    "nginx asks app",
    "worker asks postgres",
    "worker asks redis",
  ]);
});

test("parts have their containers, ports, networks and data", () => {
  assert.deepEqual(part("app").containers, ["app-1", "app-2"]);
  assert.deepEqual(part("listener").ports, ["80", "443"]);
  assert.deepEqual(part("postgres").networks, ["internal"]);
  assert.deepEqual(part("postgres").data, ["postgres"]);
  assert.deepEqual([...part("app").networks].sort(), ["edge", "internal"]);
});

test("README.md has the picture of the prod stack, as berth graph prints it", () => {
  const [, drawn] = /```mermaid\n([^]*?)\n```/.exec(readFileSync(join(root, "README.md"), "utf8")) ?? [];
  assert.equal(drawn, renderMermaid(graph));
});

test("the picture is docs/prod.svg, holds every part and no script", () => {
  const svg = renderSvg(graph, "Stack prod");
  assert.equal(readFileSync(join(root, "docs/prod.svg"), "utf8"), svg);
  for (const one of graph.parts) assert.match(svg, new RegExp(`>${one.part}(?: × 2)?<`));
  assert.doesNotMatch(svg, /<script|href/);
});

test("a part is explained: what it is for, whom it asks, what a change means", () => {
  const text = explainPart(graph, part("nginx"), "prod");
  assert.match(text, /^nginx: ends TLS/);
  assert.match(text, /asks +app\n +asked by +listener \(sockets\), certbot \(files\)/);
  assert.match(text, /No request is lost\./);
  assert.match(text, /npx berth logs nginx --stack prod/);
});
