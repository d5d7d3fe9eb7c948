import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { ApplicationCopy, writtenDeclaration } from "../../cli/rehearsal/application-copy.ts";
import { allowed } from "../../cli/rehearsal/complaints.ts";
import { keeps, renderPromises, stopped, survived, unnoticed } from "../../cli/rehearsal/promise.ts";

const seen = { reads: 200, writes: 40, failedReads: [], failedWrites: [] };

describe("a rehearsal's promises", () => {
  test("hold if no request failed, and say of how many", () => {
    assert.deepEqual(unnoticed("a release", seen, "drain"), {
      promise: "a release",
      holds: true,
      seen: "0 of 240 requests failed",
    });
  });

  test("do not hold after a single failure, and name it with the fix", () => {
    const told = unnoticed("a release", { ...seen, failedWrites: ["POST /x 502"] }, "drain");
    assert.deepEqual([told.holds, told.fix], [false, "drain"]);
    assert.equal(told.seen, "1 of 240 requests failed: POST /x 502");
  });

  test("excuse of a killed replica the writes that it was answering, and no more", () => {
    const lost = (count: number) => Array.from({ length: count }, () => "POST /x 502");
    assert.equal(survived("death", { ...seen, failedWrites: lost(2) }, 5).holds, true);
    assert.equal(survived("death", { ...seen, failedWrites: lost(6) }, 5).holds, false);
    assert.equal(survived("death", { ...seen, failedWrites: ["POST /x got no answer"] }, 5).holds, false);
    assert.equal(survived("death", { ...seen, failedReads: ["GET / 502"] }, 5).holds, false);
  });

  test("tell a replica that ended from one that was killed, and from none", () => {
    assert.equal(stopped([0, 143], 10).holds, true);
    assert.match(stopped([0, 137], 10).seen, /^1 of 2 replicas still ran after 10 s/);
    assert.equal(stopped([], 10).holds, undefined);
  });

  test("tell when an idle connection is closed before Nginx would", () => {
    assert.equal(keeps(undefined).holds, true);
    const short = keeps(5);
    assert.deepEqual([short.holds, short.fix?.includes("keepAliveTimeout")], [false, true]);
  });

  test("name what the application was refused, each once, with the setting", () => {
    const log = `Error: EROFS: read-only file system, open '/srv/cache/a.json'
Error: EROFS: read-only file system, open '/srv/cache/a.json'
error: permission denied for schema public`;
    const { fix = "", holds, seen: shown } = allowed(log);
    assert.deepEqual([holds, shown], [false, "its log has 2 refusals"]);
    assert.match(fix, /writes \/srv\/cache\/a\.json: .*writable, in berth\.json/);
    assert.match(fix, /databaseRights owner/);
    assert.equal(allowed("listening on 3000\n").holds, true);
  });

  test("are a table, with the fixes below it", () => {
    const text = renderPromises([keeps(5), stopped([], 10)]);
    assert.match(text, /^PROMISE +HOLDS +SEEN\n/);
    assert.match(text, /keeps connections longer than Nginx +NO /);
    assert.match(text, /ends when it is told to +not seen /);
    assert.match(text, /\nFixes:\n {2}- keeps connections longer than Nginx: /);
  });
});

describe("the copy that is rehearsed", () => {
  const application = (t: TestContext, files: Readonly<Record<string, string>>) => {
    const root = mkdtempSync(join(tmpdir(), "berth-rehearsal-"));
    t.after(() => {
      rmSync(root, { recursive: true });
    });
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(root, "shop", name, ".."), { recursive: true });
      writeFileSync(join(root, "shop", name), text);
    }
    return { home: join(root, "shop"), target: join(root, "copy") };
  };
  const declared = (copy: ApplicationCopy) =>
    JSON.parse(readFileSync(join(copy.home, "berth.json"), "utf8")) as Record<string, unknown>;

  test("has the sources, and neither the history nor packages that no build takes", (t) => {
    const { home, target } = application(t, {
      "server.js": "",
      Dockerfile: "FROM node",
      ".dockerignore": "node_modules\n",
      "node_modules/x/index.js": "",
      ".git/HEAD": "",
    });
    const copy = new ApplicationCopy(home, { port: 3000 }, target);
    assert.ok(existsSync(join(copy.home, "server.js")));
    assert.ok(!existsSync(join(copy.home, "node_modules")) && !existsSync(join(copy.home, ".git")));
    assert.ok(!existsSync(join(home, "berth.json")), "the original is not touched");
  });

  test("becomes another release by its declaration, which keeps what it said", (t) => {
    const { home, target } = application(t, { Dockerfile: "FROM node" });
    const copy = new ApplicationCopy(
      home,
      { port: 3000, build: { target: "web", args: { A: "1" } } },
      target,
    );
    copy.declare(2);
    assert.deepEqual(declared(copy), {
      port: 3000,
      build: { context: ".", target: "web", args: { A: "1", BERTH_REHEARSAL: "2" } },
    });
  });

  test("keeps an image that was built elsewhere, which has no other release", (t) => {
    const { home, target } = application(t, { "package.json": "{}" });
    const image = `shop@sha256:${"0".repeat(64)}`;
    const copy = new ApplicationCopy(home, { image }, target);
    assert.deepEqual([copy.built, declared(copy)], [false, { image }]);
  });

  test("has the folder around it if the build takes that", (t) => {
    const { home, target } = application(t, { "web/server.js": "", "lib/a.js": "" });
    const copy = new ApplicationCopy(join(home, "web"), { build: { context: ".." } }, target);
    assert.equal(copy.home, join(target, "web"));
    assert.ok(existsSync(join(target, "lib/a.js")));
  });

  test("is declared as the application declares itself, in either place", (t) => {
    const inPackage = application(t, { "package.json": '{"berth":{"port":8081}}' });
    assert.deepEqual(writtenDeclaration(inPackage.home), { port: 8081 });
    const inNeither = application(t, { "package.json": "{}" });
    assert.equal(writtenDeclaration(inNeither.home), undefined);
  });
});
