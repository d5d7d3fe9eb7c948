import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import type { EdgeStand } from "../support/edge-stand.ts";
import { gradedStand } from "../support/graded-stand.ts";
import { observatory, scanSite } from "../support/observatory.ts";

const scanner = await observatory();

suite("grades", () => {
  let stand: EdgeStand;
  let folder: string;
  let authority: string;

  before(async () => {
    const graded = await gradedStand();
    stand = graded.stand;
    folder = await mkdtemp(join(tmpdir(), "berth-grades-"));
    authority = join(folder, "authority.pem");
    await writeFile(authority, graded.authority);
  });
  after(async () => {
    await stand.remove();
    await rm(folder, { recursive: true });
  });

  test(
    "MDN Observatory's scanner gives A+",
    { skip: scanner instanceof Error ? scanner.message : false },
    async (t) => {
      assert.ok(typeof scanner === "string");
      const { scan, tests } = await scanSite(scanner, stand, authority);
      const failed = Object.entries(tests).filter(([, { pass }]) => !pass);
      assert.deepEqual(failed, []);
      assert.equal(scan.grade, "A+");
      assert.ok(scan.score >= 100, `${scan.score} points`);
      t.diagnostic(`${scan.score} points`);
    },
  );
});
