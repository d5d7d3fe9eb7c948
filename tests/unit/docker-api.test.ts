import assert from "node:assert/strict";
import { chmodSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { askEngine } from "../../system/docker-api.ts";

const root = join(import.meta.dirname, "../..");

/** A docker command whose engine answers a request with its first line. */
const client = `#!${process.execPath}
if (process.argv[2] === "version") {
  console.log("1.41 1.56");
} else {
  process.stdin.once("data", (chunk) => {
    const line = String(chunk).split("\\r\\n")[0];
    process.stdout.write("HTTP/1.1 200 OK\\r\\nContent-Length: " + line.length + "\\r\\n\\r\\n" + line);
  });
}
`;

test("a request names the version of the API that client and engine have agreed on", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "berth-docker-"));
  const path = process.env["PATH"];
  context.after(() => {
    process.env["PATH"] = path;
    rmSync(folder, { recursive: true });
  });
  writeFileSync(join(folder, "docker"), client);
  chmodSync(join(folder, "docker"), 0o755);
  process.env["PATH"] = `${folder}:${path ?? ""}`;
  const { status, body } = await askEngine("GET", "/images/nginx/json");
  assert.equal(status, 200);
  assert.equal(body, "GET /v1.41/images/nginx/json HTTP/1.1");
});

/**
 * Flags that a client of today's warns of, in every place where one could be given: `--time` of
 * stop and restart is called `--timeout` since 28, which 20.10 does not know; `-t` suits both.
 */
const deprecated = /\b(?:stop|restart)["']?,?\s+["']?--time(?:out)?\b/;

test("no docker command has a flag that an older client lacks or a newer one is about to lose", () => {
  const files = globSync("{system,releases,images,infra,cli,tests,bench}/**/*.{ts,sh,mjs,py}", { cwd: root });
  assert.ok(files.length > 300, `${files.length} files`);
  assert.deepEqual(
    files.filter((file) => deprecated.test(readFileSync(join(root, file), "utf8"))),
    [],
  );
  for (const flag of ["time", "timeout"]) {
    assert.match(`docker stop --${flag} 5 x`, deprecated);
    assert.match(`["restart", "--${flag}", "5"]`, deprecated);
  }
});
