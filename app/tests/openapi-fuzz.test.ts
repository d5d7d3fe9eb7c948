import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { z } from "zod";
import type { OpenApiDocument } from "../src/platform/openapi/openapi-document.ts";
import { addUser, type Client, createClient } from "./support/client.ts";
import { installSchemathesis, runProgram } from "./support/schemathesis.ts";
import { startTestApp, type TestApp } from "./support/test-app.ts";

/**
 * What every answer is checked for. https://schemathesis.readthedocs.io/en/stable/reference/checks/
 */
const checks = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_headers_conformance",
  "response_schema_conformance",
  "ignored_auth",
  "unsupported_method",
  "allow_header_conformance",
];

/**
 * These end the session that the calls are made with: all that came after them would be answered
 * 401.
 */
const endsSession = [
  "DELETE /api/v1/session",
  "DELETE /api/v1/account/sessions",
  "DELETE /api/v1/account/sessions/{id}",
];

const report = z.object({
  failures: z.array(z.unknown()),
  errors: z.array(z.unknown()),
  operations: z.object({ selected: z.number(), tested: z.number() }),
  test_cases: z.object({ generated: z.number() }),
  valid_rates: z.record(z.string(), z.record(z.string(), z.object({ accepted: z.number() }))),
});

const program = await installSchemathesis();
const seed = Number(process.env["FUZZ_SEED"] ?? 20_261_127);
const examples = Number(process.env["FUZZ_EXAMPLES"] ?? 3);

await describe(
  "Schemathesis over the API's own description",
  {
    skip: program instanceof Error ? program.message : false,
  },
  () => {
    let app: TestApp;
    let folder: string;
    let admin: Client;
    let operations: number;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "berth-fuzz-"));
      app = await startTestApp({
        // As in production: cookies have the names that the description says.
        environment: { MEDIA_DIR: folder, PUBLIC_URLS: "https://127.0.0.1:*", UPLOADS: "all" },
      });
      admin = await addUser(app, "admin");
      const document = (await admin.call("GET", "/api/v1/openapi.json")).json<OpenApiDocument>();
      operations = Object.values(document.paths).flatMap((methods) => Object.keys(methods)).length;
      await writeFile(join(folder, "openapi.json"), JSON.stringify(document));
    });
    after(async () => {
      await app.close();
      await rm(folder, { recursive: true });
    });

    /** @returns what was accepted, by operation */
    async function fuzz(client: Client): Promise<(operation: string) => number> {
      // Throttles have tests of their own; here they would hide what lies behind them.
      await app.database("throttles").delete();
      const session = await client.call("GET", "/api/v1/session");
      const signedIn = session.status === 200;
      const cookies = [...client.cookies].map((pair) => pair.join("=")).join("; ");
      const file = join(folder, "report.json");
      const { status, output } = await runProgram(
        String(program),
        [
          ...["run", join(folder, "openapi.json"), "--url", app.url, "--checks", checks.join()],
          ...[
            "--phases",
            "coverage,fuzzing,stateful",
            "--max-examples",
            String(examples),
            "--seed",
            String(seed),
          ],
          ...["--generation-database", "none", "--no-shrink", "--continue-on-failure", "--warnings", "off"],
          ...["--no-color", "--report", "json", "--report-json-path", file],
          ...(signedIn
            ? [
                ...["--header", `Cookie: ${cookies}`],
                ...["--header", `X-CSRF-Token: ${session.json<{ csrfToken: string }>().csrfToken}`],
                ...endsSession.flatMap((operation) => ["--exclude-name", operation]),
              ]
            : []),
        ],
        folder,
      );
      const found = report.parse(JSON.parse(await readFile(file, "utf8").catch(() => assert.fail(output))));
      assert.deepEqual([found.failures, found.errors, status], [[], [], 0], `seed ${seed}\n${output}`);
      const tried = operations - (signedIn ? endsSession.length : 0);
      assert.deepEqual(found.operations, { ...found.operations, selected: tried, tested: tried });
      assert.ok(found.test_cases.generated > tried * examples);
      if (signedIn)
        assert.equal((await client.call("GET", "/api/v1/session")).status, 200, "the session lives");
      return (operation) =>
        Object.values(found.valid_rates[operation] ?? {}).reduce((sum, { accepted }) => sum + accepted, 0);
    }

    test("for who has no session", async () => {
      const accepted = await fuzz(createClient(app));
      assert.deepEqual(
        [accepted("GET /health/live") > 0, accepted("GET /api/v1/session"), accepted("GET /api/v1/media")],
        [true, 0, 0],
      );
    });

    test("for a plain user", async () => {
      const accepted = await fuzz(await addUser(app, "user"));
      assert.deepEqual([accepted("GET /api/v1/media") > 0, accepted("GET /api/v1/customers")], [true, 0]);
    });

    test("for staff without a right", async () => {
      const accepted = await fuzz(await addUser(app, "staff"));
      assert.deepEqual([accepted("GET /api/v1/media") > 0, accepted("GET /api/v1/customers")], [true, 0]);
    });

    test("for staff with rights", async () => {
      const accepted = await fuzz(
        await addUser(app, "staff", { customers: "edit", visits: "view", media: "delete" }),
      );
      assert.deepEqual(
        [
          accepted("POST /api/v1/customers") > 0,
          accepted("GET /api/v1/visits") > 0,
          accepted("POST /api/v1/visits"),
        ],
        [true, true, 0],
      );
    });

    test("for an administrator; what was queued meanwhile can be worked off", async () => {
      const accepted = await fuzz(admin);
      assert.ok(accepted("POST /api/v1/customers") > 0);
      await app.runJobs();
    });
  },
);
