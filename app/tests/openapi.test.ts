import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { OpenApiDocument, OpenApiOperation } from "../src/platform/openapi/openapi-document.ts";
import { addUser, type Client } from "./support/client.ts";
import { startTestApp, type TestApp } from "./support/test-app.ts";

type Json = Readonly<Record<string, unknown>>;

let app: TestApp;
let folder: string;
let admin: Client;
let document: OpenApiDocument;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-openapi-"));
  app = await startTestApp({ environment: { MEDIA_DIR: folder } });
  admin = await addUser(app, "admin");
  document = (await admin.call("GET", "/api/v1/openapi.json")).json<OpenApiDocument>();
});

after(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

/** A generator of numbers that a seed repeats: a failure names the seed. */
function createRandom(seed: number) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const oddities: readonly unknown[] = [
  "",
  " ",
  "\u0000",
  "é".repeat(300),
  "'; drop table users; --",
  "<script>",
  -1,
  0,
  1.5,
  1e308,
  2 ** 53,
  null,
  true,
  [],
  {},
  [[]],
  "2026-02-30",
  "٣",
  "\ud800",
  "x".repeat(5000),
];

/** A value that fits a schema most of the time, and now and then one that does not. */
function makeValue(schema: Json, random: () => number): unknown {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  if (random() < 0.15) return pick(oddities);
  if (Array.isArray(schema["enum"])) return pick(schema["enum"] as unknown[]);
  if (Array.isArray(schema["anyOf"])) return makeValue(pick(schema["anyOf"] as Json[]), random);
  if (schema["type"] === "object") {
    const properties = (schema["properties"] ?? {}) as Record<string, Json>;
    const entries = Object.entries(properties).filter(() => random() > 0.1);
    const extra = random() < 0.05 ? { surprise: pick(oddities) } : {};
    return {
      ...Object.fromEntries(entries.map(([name, property]) => [name, makeValue(property, random)])),
      ...extra,
    };
  }
  if (schema["type"] === "array") return [makeValue((schema["items"] ?? {}) as Json, random)];
  if (schema["type"] === "integer" || schema["type"] === "number") return Math.floor(random() * 10);
  if (schema["type"] === "boolean") return random() < 0.5;
  if (schema["format"] === "email") return `fuzz${Math.floor(random() * 1e9)}@example.test`;
  if (schema["format"] === "date") return "2026-11-21";
  return pick(["Anna", "a harbour in fog", "x", "2026-11-21", `${Math.floor(random() * 100)}`]);
}

/** A body of a content type: JSON, the parts of a form in the order of its schema, or CSV. */
function makeBody(type: string, schema: Json, random: () => number): string {
  if (type === "application/json") return JSON.stringify(makeValue(schema, random));
  if (type !== "multipart/form-data") return "name,email\nA,b@c.test\n";
  const parts = Object.entries(schema["properties"] as Record<string, Json>).map(([name, property]) => {
    const file = property["format"] === "binary";
    const made = file ? "%PDF-1.7 x" : makeValue(property, random);
    const value = typeof made === "string" ? made : JSON.stringify(made);
    return `--x\r\nContent-Disposition: form-data; name="${name}"${file ? '; filename="a.pdf"' : ""}\r\n\r\n${value}\r\n`;
  });
  if (random() < 0.1) parts.reverse();
  return `${parts.filter(() => random() > 0.1).join("")}--x--\r\n`;
}

/** What ends the fuzzing session itself is tried last by its own tests. */
const endsSession = new Set([
  "delete /api/v1/session",
  "delete /api/v1/account/sessions",
  "delete /api/v1/account/sessions/{id}",
  "put /api/v1/account/password",
]);

async function call(
  client: Client,
  method: string,
  path: string,
  operation: OpenApiOperation,
  random: () => number,
) {
  let address = path;
  const query = new URLSearchParams();
  const headers: Record<string, string> = {};
  for (const { name, in: place, schema } of operation.parameters) {
    const made = makeValue(schema, random);
    const text = typeof made === "string" ? made : JSON.stringify(made);
    if (place === "path")
      address = address.replace(
        `{${name}}`,
        encodeURIComponent(
          random() < 0.8 ? String(1 + Math.floor(random() * 5)) : text.toWellFormed().slice(0, 200) || "1",
        ),
      );
    else if (place === "query" && random() < 0.5) query.set(name, text);
    else if (name === "If-Match" && random() < 0.8)
      headers[name] = `"${String(1 + Math.floor(random() * 3))}"`;
    else if (name === "Idempotency-Key" && random() < 0.3)
      headers[name] = `fuzz-${String(Math.floor(random() * 50)).padStart(6, "0")}`;
  }
  const [content] = Object.entries(operation.requestBody?.content ?? {});
  const multipart = content?.[0] === "multipart/form-data";
  if (content) headers["Content-Type"] = multipart ? "multipart/form-data; boundary=x" : content[0];
  const body = content && makeBody(content[0], content[1].schema, random);
  const asked = `${address}${query.size > 0 ? `?${query.toString()}` : ""}`;
  const answer = await client.call(method.toUpperCase(), asked, {
    headers,
    ...(body === undefined ? {} : { raw: body }),
  });
  return { asked: `${method} ${asked} ${body ?? ""}`, answer };
}

test("fuzzed with allowed and forbidden input, no route answers 5xx or an undocumented status", async () => {
  const seed = Number(process.env["FUZZ_SEED"] ?? 20_261_121);
  const rounds = Number(process.env["FUZZ_ROUNDS"] ?? 12);
  const random = createRandom(seed);
  const wrong: string[] = [];
  const seen = new Set<number>();
  for (let round = 0; round < rounds; round += 1) {
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        if (endsSession.has(`${method} ${path}`)) continue;
        // Throttles are tested elsewhere; here they would hide what lies behind them.
        if (path.includes("account") || path.endsWith("session")) await app.database("throttles").delete();
        const { asked, answer } = await call(admin, method, path, operation, random);
        seen.add(answer.status);
        const documented = operation.responses[answer.status] as { content?: Json } | undefined;
        const type = (answer.headers.get("content-type") ?? "").split(";")[0] ?? "";
        const types = Object.keys(documented?.content ?? {});
        if (answer.status >= 500 || !documented)
          wrong.push(`${asked.slice(0, 300)} answered ${answer.status}`);
        else if (types.length > 0 && !types.includes(type) && !types.includes("*/*"))
          wrong.push(`${asked.slice(0, 200)} answered ${type}`);
      }
    }
  }
  assert.deepEqual(wrong, [], `seed ${seed}`);
  for (const status of [200, 201, 204, 400, 404])
    assert.ok(seen.has(status), `the fuzzer never met ${status}`);
});

test("an upload is described as an object with its file and fields, keys and preconditions as the server takes them", () => {
  const upload = document.paths["/api/v1/media"]?.["post"];
  assert.deepEqual(Object.keys(upload?.requestBody?.content ?? {}), ["multipart/form-data"]);
  const { schema, encoding } = upload?.requestBody?.content["multipart/form-data"] ?? {};
  const { properties, required, additionalProperties } = schema as {
    properties: Record<string, Json>;
    required: string[];
    additionalProperties: boolean;
  };
  assert.deepEqual(Object.keys(properties), ["private", "file"], "in the order in which they are sent");
  assert.deepEqual(properties["private"]?.["enum"], ["yes", "no"]);
  assert.deepEqual([required, additionalProperties], [["file"], false]);
  assert.match(JSON.stringify(encoding), /image\/jpeg/);
  const header = (path: string, method: string, name: string) =>
    document.paths[path]?.[method]?.parameters.find((parameter) => parameter.name === name);
  const pattern = String(header("/api/v1/customers", "post", "Idempotency-Key")?.schema["pattern"]);
  assert.deepEqual(
    ["short", "long-enough", "with space in it"].map((key) => new RegExp(pattern).test(key)),
    [false, true, false],
  );
  assert.equal(header("/api/v1/customers/{id}", "put", "If-Match")?.required, true);
  assert.equal(header("/api/v1/customers/{id}", "delete", "If-Match")?.required, false);
});

test("the document is whole: unique names, every path parameter declared, every reference resolved", () => {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.values(methods).map((operation) => ({ path, operation })),
  );
  const names = operations.map(({ operation }) => operation.operationId);
  assert.equal(new Set(names).size, names.length);
  for (const { path, operation } of operations) {
    const declared = operation.parameters.filter(({ in: place }) => place === "path").map(({ name }) => name);
    assert.deepEqual(
      declared,
      [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]),
      path,
    );
  }
  const text = JSON.stringify(document);
  for (const [, name = ""] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
    assert.ok(Object.hasOwn(document.components["schemas"] as object, name), name);
  }
  assert.ok(names.length > 25);
});
