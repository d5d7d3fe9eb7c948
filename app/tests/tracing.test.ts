import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from "./support/otlp-receiver.ts";
import { isReady, type Pair, register, startPair, startProgram, until } from "./support/program.ts";
import { createMailServer, type MailServer } from "./support/smtp-server.ts";
import { createTestDatabase, isLite, type TestDatabase } from "./support/test-database.ts";

const skip = isLite ? "needs a Postgres that other processes reach" : false;
const [server, client, producer, consumer] = [2, 3, 4, 5];

describe("traces over OTLP", { skip }, () => {
  let home: TestDatabase;
  let folder: string;
  let receiver: OtlpReceiver;
  let mail: MailServer;
  let pair: Pair;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "berth-trace-"));
    home = await createTestDatabase();
    receiver = await startOtlpReceiver();
    mail = await createMailServer(folder);
    await mail.start();
    pair = await startPair(home, folder, {
      STACK: "traced",
      TRUST_PROXY: "1",
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
      SMTP_URL: mail.url,
      NODE_EXTRA_CA_CERTS: mail.authority,
    });
  });

  after(async () => {
    await pair.kill();
    await mail.stop();
    await receiver.close();
    await home.drop();
    await rm(folder, { recursive: true });
  });

  const find = async (what: string, matches: (span: ReceivedSpan) => boolean): Promise<ReceivedSpan> => {
    await until(
      () => receiver.spans.some(matches),
      () => `${what} among ${receiver.spans.map(({ name }) => name).join(", ")}`,
    );
    const found = receiver.spans.find(matches);
    assert.ok(found);
    return found;
  };
  /** The spans from `span` up to the one that nothing in this list is the parent of. */
  const ancestry = (span: ReceivedSpan): string[] => {
    const parent = receiver.spans.find(({ spanId }) => spanId === span.parentSpanId);
    return [span.name, ...(parent ? ancestry(parent) : [])];
  };

  test("a request is one trace: its own span, and a span of each statement without its values", async () => {
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    const answer = await fetch(`${pair.web.url}/api/v1/session?q=hunter2`, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        traceparent: `00-${traceId}-b7ad6b7169203331-01`,
      },
      body: JSON.stringify({ email: "nobody@example.test", password: "hunter2 hunter2" }),
    });
    assert.equal(answer.status, 401);
    const own = await find("the request", ({ name }) => name === "POST /api/v1/session");
    assert.deepEqual([own.traceId, own.parentSpanId, own.kind], [traceId, "b7ad6b7169203331", server]);
    assert.equal(own.attributes["http.response.status_code"], 401);
    assert.equal(own.service, "traced-web");
    const query = await find(
      "its statement",
      (span) => span.traceId === traceId && span.name.startsWith("SELECT ") && span.kind === client,
    );
    assert.equal(ancestry(query).at(-1), "POST /api/v1/session");
    assert.match(String(query.attributes["db.query.text"]), /select .* from "users"/);
    const everything = JSON.stringify(receiver.spans);
    assert.ok(!everything.includes("hunter2") && !everything.includes("nobody@example.test"));
    const lines = pair.web
      .output()
      .split("\n")
      .filter((line) => line.includes(traceId));
    assert.ok(lines.some((line) => line.includes(answer.headers.get("x-request-id") ?? "-")));
  });

  test("mail that a request causes is part of its trace, through the queue and another process", async () => {
    await register(pair.web, "traced@example.test");
    const sent = await find("the mail", ({ name }) => name === "SMTP send");
    await find("the job", ({ name }) => name === "account-mail process");
    await find("the request", ({ name }) => name === "POST /api/v1/account/registrations");
    assert.equal(sent.service, "traced-worker");
    assert.deepEqual(ancestry(sent), [
      "SMTP send",
      "account-mail process",
      "account-mail send",
      "POST /api/v1/account/registrations",
    ]);
    const kinds = receiver.spans.filter(({ traceId }) => traceId === sent.traceId).map(({ kind }) => kind);
    assert.deepEqual([...new Set(kinds)].sort(), [server, client, producer, consumer]);
  });

  test("probes, polling and start-up are not traced, and SIGTERM sends the remaining spans", async () => {
    const { web, worker } = pair;
    await fetch(`${web.url}/health/ready`);
    await fetch(`${web.url}/login?last`);
    web.child.kill("SIGTERM");
    worker.child.kill("SIGTERM");
    assert.deepEqual([await web.ended(), await worker.ended()], [0, 0]);
    const roots = receiver.spans
      .filter(({ parentSpanId }) => parentSpanId === undefined)
      .map(({ name }) => name);
    assert.deepEqual(roots.sort(), ["GET /login", "POST /api/v1/account/registrations"]);
    assert.doesNotMatch(web.output() + worker.output(), /traces are not delivered/);
  });

  test("without an endpoint no tracing code is loaded", async () => {
    const plain = await startProgram("main.ts", home, folder, {
      NODE_COMPILE_CACHE: join(folder, "compiled"),
      NODE_DEBUG_NATIVE: "COMPILE_CACHE",
    });
    try {
      await until(() => isReady(plain), plain.output);
      assert.match(plain.output(), /node_modules\/express\//);
      assert.doesNotMatch(plain.output(), /opentelemetry\/(?:sdk|exporter|otlp|core)/);
    } finally {
      plain.child.kill("SIGKILL");
    }
  });

  test("an unreachable collector causes one log line and nothing else", async () => {
    const lonely = await startProgram("main.ts", home, folder, {
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9",
    });
    try {
      await until(() => isReady(lonely), lonely.output);
      assert.equal((await fetch(`${lonely.url}/login`)).status, 200);
      lonely.child.kill("SIGTERM");
      assert.equal(await lonely.ended(), 0);
      assert.match(lonely.output(), /traces are not delivered; check OTEL_EXPORTER_OTLP_ENDPOINT/);
    } finally {
      lonely.child.kill("SIGKILL");
    }
  });
});
