import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";

const root = join(import.meta.dirname, "../..");

interface Job {
  readonly if?: string;
  readonly permissions?: unknown;
  readonly steps: readonly {
    readonly uses?: string;
    readonly with?: Readonly<Record<string, unknown>>;
    readonly run?: string;
  }[];
}

const workflows = globSync(".github/workflows/*.yml", { cwd: root })
  .sort()
  .map((path) => {
    const text = readFileSync(join(root, path), "utf8");
    const content = parse(text) as { on: unknown; permissions: unknown; jobs: Record<string, Job> };
    return { name: basename(path, ".yml"), text, content, triggers: JSON.stringify(content.on) };
  });
const jobs = workflows.flatMap(({ content, name, triggers }) =>
  Object.entries(content.jobs).map(([id, job]) => ({ name: `${name}/${id}`, triggers, job })),
);

test("there are workflows for checks, previews, comments, deployments, drift and updates", () => {
  assert.deepEqual(
    workflows.map(({ name }) => name),
    ["check", "comment", "deploy", "drift", "preview", "updates"],
  );
});

test("actions are named by their commit, with the version beside it, and leave no credentials", () => {
  for (const { name, text } of workflows) {
    const uses = [...text.matchAll(/uses: (.+)$/gm)].map(([, action = ""]) => action);
    assert.ok(uses.length > 0, name);
    for (const action of uses) assert.match(action, /^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/, name);
  }
  for (const { job, name } of jobs)
    for (const { uses, with: given } of job.steps)
      if (uses?.startsWith("actions/checkout@") === true)
        assert.equal(given?.["persist-credentials"], false, name);
});

test("a workflow has no right by itself, and a job says which it needs", () => {
  for (const { content, name } of workflows) assert.deepEqual(content.permissions, {}, name);
  for (const { job, name } of jobs) assert.ok(job.permissions !== undefined, name);
  const writing = jobs.filter(({ job }) => JSON.stringify(job.permissions).includes("write"));
  assert.deepEqual(
    writing.map(({ name }) => name),
    ["comment/comment", "drift/drift", "updates/updates"],
  );
});

test("a fork's pull request meets no secret and no right to write", () => {
  for (const { job, name, triggers } of jobs) {
    assert.doesNotMatch(triggers, /pull_request_target|issue_comment/, name);
    const text = JSON.stringify(job);
    if (triggers.includes("pull_request")) {
      assert.doesNotMatch(JSON.stringify(job.permissions), /write/, name);
      if (text.includes("secrets."))
        assert.equal(job.if, "github.event.pull_request.head.repo.full_name == github.repository", name);
    }
    // It runs with the rights of the default branch: a stranger's code must not.
    if (triggers.includes("workflow_run")) {
      assert.doesNotMatch(text, /secrets\./, name);
      for (const { with: given } of job.steps)
        assert.deepEqual([given?.["ref"], given?.["repository"]], [undefined, undefined], name);
    }
  }
});

test("what a stranger can write into never is part of a script", () => {
  for (const { job, name } of jobs)
    for (const { run = "" } of job.steps) assert.doesNotMatch(run, /\$\{\{/, name);
});

test("each job's work is a script of pipeline/ that can be run elsewhere", () => {
  for (const { job, name } of jobs) {
    const scripts = job.steps.flatMap(({ run = "" }) => run.match(/pipeline\/[\w-]+\.(?:sh|ts)/g) ?? []);
    assert.ok(scripts.length > 0, name);
    for (const script of scripts) {
      assert.ok(existsSync(join(root, script)), `${name}: ${script}`);
      if (script.endsWith(".sh"))
        assert.ok((statSync(join(root, script)).mode & 0o111) !== 0, `${script} can be run`);
    }
  }
});
