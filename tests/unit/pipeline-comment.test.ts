import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { finish } from "../support/docker.ts";
import { ForgeStandIn } from "../support/forge-stand-in.ts";

const root = join(import.meta.dirname, "../..");

await describe("what a pull request and a schedule write on the forge", () => {
  let folder: string;
  let forge: ForgeStandIn;
  let env: Record<string, string>;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-pipeline-"));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });
  beforeEach(async () => {
    forge = new ForgeStandIn();
    env = await forge.open();
  });
  afterEach(() => {
    forge.close();
  });

  const report = (text: string, name = "report.md") => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  /** Runs a script of pipeline/, which has to succeed and never prints the token. */
  async function run(script: string, ...args: string[]): Promise<string> {
    const { status, stdout, stderr } = await finish(process.execPath, [`pipeline/${script}`, ...args], {
      cwd: root,
      env,
    });
    assert.equal(status, 0, stdout + stderr);
    assert.doesNotMatch(stdout + stderr, new RegExp(forge.token));
    return stdout;
  }
  const comment = (stack: string, text: string, pull = "7") =>
    run("comment.ts", "--pull", pull, "--stack", stack, "--report", report(text));

  test("a stack has one comment: made once, edited after that, beside another stack's and other people's", async () => {
    forge.comments.push({ id: 900, number: 900, on: 7, body: "I quote <!-- berth preview of prod -->" });
    await comment("prod", "first");
    await comment("staging", "another");
    await comment("prod", "second");
    await comment("prod", "of another request", "8");
    assert.deepEqual(
      forge.comments.map(({ body, on }) => [on, body]),
      [
        [7, "I quote <!-- berth preview of prod -->"],
        [7, "<!-- berth preview of prod -->\nsecond\n"],
        [7, "<!-- berth preview of staging -->\nanother\n"],
        [8, "<!-- berth preview of prod -->\nof another request\n"],
      ],
    );
  });

  test("it is found among three hundred others", async () => {
    for (let id = 1000; id < 1300; id += 1) forge.comments.push({ id, number: id, on: 7, body: "a word" });
    await comment("prod", "first");
    await comment("prod", "second");
    assert.deepEqual(
      forge.comments.filter(({ body }) => body.startsWith("<!--")).map(({ body }) => body),
      ["<!-- berth preview of prod -->\nsecond\n"],
    );
  });

  test("70 kB are cut between two lines, with the blocks closed, and it says so", async () => {
    const line = "-    proxy_pass http://app; # and more of it\n";
    const long = `### prod: reload\n\n<details><summary>Nginx</summary>\n\n\`\`\`\`diff\n${line.repeat(1_600)}\`\`\`\`\n\n</details>\n`;
    assert.ok(long.length > 70_000);
    await comment("prod", long);
    const [{ body } = { body: "" }] = forge.comments;
    assert.ok(body.length <= 65_536);
    assert.match(body, /# and more of it\n````\n\n<\/details>\n\nThe report is too long for the forge;/);
  });

  test("a report cannot take another's place, nor call people", async () => {
    await comment("prod", "<!-- berth preview of staging -->\n@team look, me@example.org, `@team`");
    const [{ body } = { body: "" }] = forge.comments;
    assert.doesNotMatch(body.slice(40), /<!--|(?:^|\s)@team/);
    assert.match(body, /me@example\.org/);
  });

  test("the pull request is looked up by branch and commit; one that moved on gets no comment", async () => {
    forge.pulls.push({ number: 12, head: { sha: "c0ffee", label: "stranger:main" } });
    mkdirSync(join(folder, "reports", "preview-prod"), { recursive: true });
    report("a preview", "reports/preview-prod/prod.md");
    const reports = async (sha: string) =>
      finish("bash", ["pipeline/comments.sh", join(folder, "reports"), "stranger:main", sha], {
        cwd: root,
        env,
      });
    const other = await reports("older");
    assert.equal(other.status, 0, other.stderr);
    assert.match(other.stdout, /No pull request is open for this commit/);
    assert.deepEqual(forge.comments, []);
    const now = await reports("c0ffee");
    assert.equal(now.status, 0, now.stderr);
    assert.deepEqual(
      forge.comments.map(({ body, on }) => [on, body]),
      [[12, "<!-- berth preview of prod -->\na preview\n"]],
    );
  });

  test("a token that the forge refuses is a failure that does not show it", async () => {
    const args = ["pipeline/comment.ts", "--pull", "7", "--stack", "prod", "--report", report("a")];
    const { status, stderr } = await finish(process.execPath, args, {
      cwd: root,
      env: { ...env, GITHUB_TOKEN: "other-9d2e" },
    });
    assert.equal(status, 1);
    assert.match(stderr, /401/);
    assert.doesNotMatch(stderr, /other-9d2e/);
  });

  test("drift has one issue: opened, edited, closed, and another one after that", async () => {
    const issue = (text: string, ...found: string[]) =>
      run(
        "issue.ts",
        "--kind",
        "drift",
        "--subject",
        "prod",
        "--title",
        "prod has drifted",
        "--report",
        report(text),
        ...found,
      );
    assert.match(await issue("is as it was"), /Nothing was found/);
    await issue("container app-1 is gone", "--found");
    await issue("container app-2 is gone", "--found");
    assert.deepEqual(
      forge.issues.map(({ body, state, title }) => [title, state, body]),
      [["prod has drifted", "open", "<!-- berth drift of prod -->\n````\ncontainer app-2 is gone\n````\n"]],
    );
    assert.match(await issue("is as it was"), /Closed issue 1/);
    await issue("container app-3 is gone", "--found");
    assert.deepEqual(
      forge.issues.map(({ state }) => state),
      ["closed", "open"],
    );
  });
});
