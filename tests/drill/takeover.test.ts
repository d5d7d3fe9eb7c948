import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { busyStack, type BusyStack } from "../support/busy-stack.ts";
import { copyCheckout } from "../support/deployment.ts";
import { docker, finish } from "../support/docker.ts";
import { ask } from "../support/edge-client.ts";
import { addEventStream } from "../support/event-stream.ts";

/**
 * The commit that deploys the stack first: the last one before settings, labels and containers got
 * the names of today.
 */
const earlier = process.env["TAKEOVER_FROM"] ?? "1a6efa1";
/**
 * `held` keeps the base images of the earlier version, so that only what the program says can
 * replace a part; `new` takes today's, whose newer Nginx and Postgres must restart.
 */
const images = process.env["TAKEOVER_IMAGES"] ?? "held";
const root = join(import.meta.dirname, "../..");
/** Where a version says what its base images are. */
const catalogues = ["infra/images.ts", "images/catalogue.ts"];

/** Puts the files of a commit into an empty folder. */
async function extract(commit: string, folder: string): Promise<void> {
  const made = await finish("bash", ["-c", 'git archive "$0" | tar -x -C "$1"', commit, folder], {
    cwd: root,
  });
  assert.equal(made.status, 0, made.stderr);
}

/** Replaces a copy's sources by those of this checkout. Settings, state and keys stay. */
async function update(folder: string, source: string): Promise<void> {
  const kept = /^(?:\.berth|Pulumi\.e2e-.*\.yaml)$/;
  for (const name of readdirSync(folder)) {
    if (!kept.test(name)) rmSync(join(folder, name), { recursive: true, force: true });
  }
  await copyCheckout(folder);
  addEventStream(folder);
  if (images !== "held") return;
  const catalogue = catalogues.map((file) => join(source, file)).find((file) => existsSync(file));
  cpSync(catalogue ?? assert.fail("it has a catalogue"), join(folder, "images/catalogue.ts"));
  for (const recipe of readdirSync(join(source, "images"), { withFileTypes: true })) {
    if (!recipe.isDirectory() || recipe.name === "lib") continue;
    rmSync(join(folder, "images", recipe.name), { recursive: true, force: true });
    cpSync(join(source, "images", recipe.name), join(folder, "images", recipe.name), { recursive: true });
  }
}

await describe(`a stack deployed by ${earlier}, base images ${images}`, { timeout: 3_000_000 }, () => {
  let stack: BusyStack;
  let source: string;

  before(async () => {
    source = mkdtempSync(join(tmpdir(), "berth-takeover-"));
    await extract(earlier, source);
    stack = await busyStack(source);
  });
  after(async () => {
    await stack.deployment.remove();
    rmSync(source, { recursive: true, force: true });
  });

  test("`up` updates it: no request fails, its data stays, people stay signed in", async (t) => {
    const { deployment } = stack;
    // A part's earlier name comes second.
    const parts = [["postgres"], ["proxy", "nginx"], ["cache", "redis"]];
    const containers = () =>
      Promise.all(
        parts.map(async (names) =>
          (await Promise.all(names.map((name) => deployment.containers(name)))).flat().map(({ Id }) => Id),
        ),
      );
    const before = await containers();
    const rows = await stack.sql("select count(*), md5(string_agg(email, ',' order by id)) from customers");
    const page = await ask(stack.edge, "/");

    await stack.unnoticed(t, async () => {
      await update(deployment.folder, source);
      // A renamed setting is refused with its new name; the updating user sets it.
      stack.configure({});
      const said = await deployment.up();
      for (const line of said.split("\n")) {
        if (/\d+ (?:created|updated|replaced|deleted)|docker:index\/container/.test(line)) {
          t.diagnostic(line.trim());
        }
      }
    });

    const now = await containers();
    const replaced = parts.filter((_, index) => String(before[index]) !== String(now[index]));
    t.diagnostic(`replaced: ${replaced.join(", ") || "none"}`);
    // Nginx's container of an earlier version stays for the ports; another one serves.
    if (images === "held") {
      for (const [index, ids] of before.entries()) {
        assert.deepEqual(
          ids.filter((id) => now[index]?.includes(id) !== true),
          [],
          parts[index]?.[0],
        );
      }
    }
    assert.equal((await ask(stack.edge, "/")).status, page.status);
    const [count] = rows.split("|");
    const kept = await stack.sql(
      `select count(*), md5(string_agg(email, ',' order by id)) from (select * from customers order by id limit ${count ?? "0"}) as first`,
    );
    assert.equal(kept, rows);
    await stack.expectNoChanges();
    const volumes = await docker(["volume", "ls", "-q", ...deployment.labels()]);
    t.diagnostic(`volumes: ${volumes.split("\n").join(", ")}`);
  });
});
