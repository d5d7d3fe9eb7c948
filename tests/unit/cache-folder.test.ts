import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { cacheFolder, madeCacheFolder } from "../../system/cache-folder.ts";

test("BERTH_CACHE comes first, then an absolute XDG_CACHE_HOME, then the home folder", () => {
  assert.equal(cacheFolder({ BERTH_CACHE: "/fast", XDG_CACHE_HOME: "/cache" }), "/fast");
  assert.equal(cacheFolder({ BERTH_CACHE: "", XDG_CACHE_HOME: "/cache" }), "/cache/berth");
  assert.equal(cacheFolder({ XDG_CACHE_HOME: "cache" }), join(homedir(), ".cache/berth"));
});

test("the images' cache moves with the folder, and only this user can read it", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "berth-cache-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  const locks = madeCacheFolder({ BERTH_CACHE: join(folder, "moved") }, "images", "locks");
  assert.equal(locks, join(folder, "moved/images/locks"));
  assert.equal(statSync(locks).mode & 0o777, 0o700);
});
