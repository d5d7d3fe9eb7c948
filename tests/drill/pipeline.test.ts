import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { finish } from "../support/docker.ts";

const root = join(import.meta.dirname, "../..");

await describe("jobs of the workflows that need no stack", { timeout: 3_600_000 }, () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-jobs-"));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });
  const script = (name: string, args: readonly string[], env: Record<string, string> = {}) =>
    finish("bash", [`pipeline/${name}`, ...args], { cwd: root, env });

  test("check.sh, its quick form: every check, and the tests that need no engine", async () => {
    const { status, stdout, stderr } = await script("check.sh", ["quick"]);
    assert.equal(status, 0, stdout + stderr);
  });

  test("outdated.sh names what is behind, or says that no registry answered", async () => {
    const file = join(folder, "outdated.txt");
    const { status, stderr } = await script("outdated.sh", [file]);
    const text = readFileSync(file, "utf8");
    assert.ok([0, 1, 3].includes(status ?? -1), `${status}: ${stderr}`);
    assert.ok(status === 3 ? stderr !== "" : text !== "", text + stderr);
  });

  test("scan.sh with the osv-scanner of check.yml: vulnerabilities, or that its database is away", async () => {
    const scanner = await osvScanner();
    const scan = (...args: string[]) =>
      script("scan.sh", args, { PATH: [scanner, process.env["PATH"]].join(delimiter) });
    const lenient = await scan();
    const away = lenient.stderr.includes("Not scanned: osv-scanner could not look");
    const strict = await scan("--require");
    if (away) {
      assert.deepEqual([lenient.status, strict.status], [0, 3], lenient.stderr + strict.stderr);
    } else {
      assert.match(lenient.stdout, /^\d+ vulnerabilities, \d+ of them stop a release\.$/m);
      assert.equal(strict.status, lenient.status);
    }
  });
});

/** Builds osv-scanner as check.yml does, once. @returns the folder with the program */
async function osvScanner(): Promise<string> {
  const workflow = readFileSync(join(root, ".github/workflows/check.yml"), "utf8");
  const [, module = "", version = ""] = /go install (\S+osv-scanner)@(v[\d.]+)/.exec(workflow) ?? [];
  const cache = process.env["BERTH_CACHE"] ?? join(homedir(), ".cache/berth");
  const bin = join(cache, `osv-scanner-${version}`);
  if (!existsSync(join(bin, "osv-scanner"))) {
    const { status, stderr } = await finish("go", ["install", `${module}@${version}`], {
      env: { GOBIN: bin },
    });
    assert.equal(status, 0, stderr);
  }
  return bin;
}
