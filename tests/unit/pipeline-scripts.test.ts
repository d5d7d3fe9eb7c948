import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { finish, type Finished } from "../support/docker.ts";

const root = join(import.meta.dirname, "../..");

/** What osv-scanner prints, as far as it is read; scores are CVSS. */
const osv = (...groups: { ids: string[]; aliases?: string[]; max_severity?: string }[]) =>
  JSON.stringify({
    results: [
      {
        source: { path: "/srv/shop/app/package-lock.json", type: "lockfile" },
        packages: [{ package: { name: "lodash", version: "4.0.0", ecosystem: "npm" }, groups }],
      },
    ],
  });

await describe("the scripts of the workflows", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-scripts-"));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o755 });
    return join(folder, name);
  };

  /** Judges one report by a policy of its own. */
  async function judged(report: string, exceptions: object[] = [], unrated = "tell"): Promise<Finished> {
    const policy = file("severity.json", JSON.stringify({ failAt: 7, unrated, exceptions }));
    const script = "pipeline/judge-vulnerabilities.ts";
    return finish(process.execPath, [script, policy, file("report.json", report)], { cwd: root });
  }

  test("vulnerabilities from the policy's score on stop, others are told", async () => {
    const none = await judged(JSON.stringify({ results: [] }));
    assert.deepEqual([none.status, none.stdout], [0, "0 vulnerabilities, 0 of them stop a release.\n"]);
    const mild = await judged(
      osv({ ids: ["GHSA-1"], max_severity: "6.9" }, { ids: ["GHSA-2"], max_severity: "" }),
    );
    assert.equal(mild.status, 0);
    assert.match(mild.stdout, /told: GHSA-1: lodash 4\.0\.0 \(app\/package-lock\.json\), CVSS 6\.9/);
    assert.match(mild.stdout, /told: GHSA-2: .*, not rated/);
    const grave = await judged(osv({ ids: ["GHSA-3"], aliases: ["CVE-2026-3"], max_severity: "7.0" }));
    assert.equal(grave.status, 1);
    assert.match(grave.stdout, /stops: GHSA-3, CVE-2026-3: lodash/);
    assert.equal((await judged(osv({ ids: ["GHSA-2"] }), [], "fail")).status, 1);
  });

  test("an exception holds until its day, and none is kept that nothing needs", async () => {
    const report = osv({ ids: ["GHSA-3"], aliases: ["CVE-2026-3"], max_severity: "9.8" });
    const exception = (until: string, id = "CVE-2026-3") => [{ id, until, reason: "not reached" }];
    const held = await judged(report, exception("2999-12-31"));
    assert.equal(held.status, 0);
    assert.match(held.stdout, /until 2999-12-31: not reached/);
    const ended = await judged(report, exception("2026-01-01"));
    assert.equal(ended.status, 1);
    assert.match(ended.stdout, /its exception ended on 2026-01-01/);
    const left = await judged(osv(), exception("2999-12-31", "CVE-2020-1"));
    assert.equal(left.status, 1);
    assert.match(left.stdout, /CVE-2020-1: nothing has it any more/);
  });

  test("a database that cannot be reached is said, and fails only where told to", async () => {
    const bin = join(folder, "bin");
    mkdirSync(bin);
    file("bin/osv-scanner", "#!/bin/sh\necho 'dial tcp: no route' >&2\nexit 127\n");
    const scan = async (...args: string[]) =>
      finish("bash", ["pipeline/scan.sh", ...args], {
        cwd: root,
        env: { PATH: [bin, process.env["PATH"]].join(delimiter) },
      });
    const lenient = await scan();
    assert.equal(lenient.status, 0, lenient.stderr);
    assert.match(lenient.stderr, /dial tcp: no route[^]*Not scanned: .*api\.osv\.dev/);
    assert.equal((await scan("--require")).status, 3);
    const report = osv({ ids: ["GHSA-3"], max_severity: "9.8" });
    file("bin/osv-scanner", `#!/bin/sh\ncat <<'E'\n${report}\nE\nexit 1\n`);
    const found = await scan("--require");
    assert.equal(found.status, 1, found.stderr);
    assert.match(found.stdout, /stops: GHSA-3/);
  });

  test("a look that found something is told to the next step, one that could not look fails", async () => {
    const output = join(folder, "output");
    const found = async (code: number) => {
      writeFileSync(output, "");
      const look = ["pipeline/found.sh", "sh", "-c", `exit ${code}`];
      return (await finish("bash", look, { cwd: root, env: { GITHUB_OUTPUT: output } })).status;
    };
    assert.equal(await found(0), 0);
    assert.equal(await found(1), 0);
    assert.equal(await found(3), 3);
  });
});
