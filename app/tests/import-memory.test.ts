import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { addUser } from "./support/client.ts";
import { isReady, startProgram, until } from "./support/program.ts";
import { createTestDatabase, isLite } from "./support/test-database.ts";

/**
 * Heap that the process may use, in MB: 22 for the app, the rest enough for a batch of rows and too
 * little for all of them.
 */
const heap = 32;
/** Rows of 1 kB that would not fit into that heap all at once. IMPORT_ROWS changes it. */
const rows = Number(process.env["IMPORT_ROWS"] ?? 12_000);

const skip = isLite ? "needs a Postgres that other processes reach" : false;

test(`${rows} rows are imported by a process with ${heap} MB of heap`, { skip }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "berth-import-"));
  const home = await createTestDatabase();
  const web = await startProgram("main.ts", home, folder, {
    JOBS: "worker",
    NODE_OPTIONS: `--max-old-space-size=${heap}`,
  });
  try {
    await until(() => isReady(web), web.output);
    const admin = await addUser({ url: web.url, database: home.database }, "admin");
    async function* csv() {
      yield "name,email,notes\n";
      for (let row = 0; row < rows; row += 100) {
        const lines = Array.from({ length: 100 }, (_, index) => {
          const id = row + index;
          return `Person ${id},person${id}@example.test,${"x".repeat(1000)}\n`;
        });
        yield await Promise.resolve(lines.join(""));
      }
    }
    const report = await admin.call("POST", "/api/v1/customers/import", {
      headers: { "Content-Type": "text/csv" },
      raw: ReadableStream.from(csv()) as unknown as NonNullable<RequestInit["body"]>,
    });
    assert.equal(report.status, 200, `${report.text}\n${web.output().slice(-2000)}`);
    assert.equal(report.json()["created"], rows);
    assert.equal(web.child.exitCode, null);
  } finally {
    web.child.kill("SIGKILL");
    await web.ended();
    await home.drop();
    await rm(folder, { recursive: true });
  }
});
