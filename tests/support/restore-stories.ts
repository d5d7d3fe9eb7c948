import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { BusyStack } from "./busy-stack.ts";
import { commandBlocks } from "./doc-commands.ts";
import { docker, finish } from "./docker.ts";
import { ask } from "./edge-client.ts";
import { eventually } from "./eventually.ts";

/** Runs the commands of docs/backups.md one block after the other, on a prod stack. */
export async function runBackupsPage(stack: BusyStack): Promise<void> {
  const { deployment, edge } = stack;
  const before = await stack.sql("select count(*) from users");
  const blocks = commandBlocks("docs/backups.md");
  assert.ok(blocks.length >= 6, String(blocks.length));
  for (const block of blocks) {
    const script = block
      .replaceAll("npx berth", `${process.execPath} cli/berth.mjs`)
      .replaceAll("--stack prod", `--stack ${deployment.stack}`);
    const { status, stdout, stderr } = await finish("bash", ["-eo", "pipefail", "-c", script], {
      cwd: deployment.folder,
    });
    assert.equal(status, 0, `${block}\n${stdout}${stderr}`);
  }
  assert.equal(await stack.sql("select count(*) from users"), before);
  assert.equal((await ask(edge, "/login")).status, 200);
}

/**
 * Deletes rows and a file of a prod stack that has the upload `hello.txt`, goes back to the moment
 * before, and to the data of after it.
 */
export async function restoreBeforeDelete(stack: BusyStack, t: TestContext): Promise<void> {
  const { deployment, edge } = stack;
  const restore = (...args: string[]) => deployment.berth("restore", ...args, "--stack", deployment.stack);
  const rows = () => stack.sql("select id, name, email from customers order by id");
  const file = async () => (await ask(edge, "/media/hello.txt")).status === 200;
  const customers = "insert into customers (name, email) select 'Anna', n || '@delete.test' from";
  await stack.sql(`${customers} generate_series(1, 50) n`);
  const present = await rows();
  // Uploads are kept within a minute.
  const since = Date.now() / 1000;
  await eventually(async () => {
    const [backup] = await deployment.containers("backup");
    const said = await docker(["exec", backup?.Id ?? "", "berth-backup", "status"]);
    const { uploads } = JSON.parse(said) as { uploads: { repositories: { volume: { current: number } } } };
    assert.ok(uploads.repositories.volume.current > since);
  }, 180_000);
  const moment = `${await stack.sql("select to_json(clock_timestamp() at time zone 'UTC') #>> '{}'")}Z`;
  await stack.sql("delete from customers where email like '%@delete.test'");
  const [app] = await deployment.containers("app");
  await docker(["exec", app?.Id ?? "", "rm", "/var/lib/app/media/public/hello.txt"]);
  const damaged = await rows();
  const prepared = await restore("--to", moment);
  assert.equal(prepared.status, 0, prepared.stderr);
  assert.deepEqual([await rows(), await file()], [damaged, false], "nothing has changed yet");
  const swapped = await restore("swap", "--yes");
  assert.equal(swapped.status, 0, swapped.stderr);
  t.diagnostic(swapped.stdout.split("\n")[0] ?? "");
  assert.deepEqual([await rows(), await file()], [present, true]);
  assert.equal((await ask(edge, "/login")).status, 200);
  assert.equal((await restore("back", "--yes")).status, 0);
  assert.deepEqual([await rows(), await file()], [damaged, false]);
  assert.equal((await restore("drop", "--yes")).status, 0);
}
