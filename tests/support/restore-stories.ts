import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { BusyStack } from "./busy-stack.ts";
import { account } from "./busy-stack.ts";
import { commandBlocks } from "./doc-commands.ts";
import { docker, finish } from "./docker.ts";
import { ask } from "./edge-client.ts";
import { eventually } from "./eventually.ts";
import { freePorts } from "./free-ports.ts";

/** Runs commands as a page or berth's output has them, on a stack that they may call `prod`. */
async function typed({ deployment }: BusyStack, commands: string): Promise<void> {
  const script = commands
    .replaceAll("npx berth", `${process.execPath} cli/berth.mjs`)
    .replaceAll("--stack prod", `--stack ${deployment.stack}`);
  const { status, stdout, stderr } = await finish("bash", ["-eo", "pipefail", "-c", script], {
    cwd: deployment.folder,
  });
  assert.equal(status, 0, `${commands}\n${stdout}${stderr}`);
}

/** Runs the commands of docs/backups.md one block after the other, on a prod stack. */
export async function runBackupsPage(stack: BusyStack): Promise<void> {
  const { edge } = stack;
  const before = await stack.sql("select count(*) from users");
  const blocks = commandBlocks("docs/backups.md");
  const [port = 0] = await freePorts(1);
  assert.ok(blocks.length >= 6, String(blocks.length));
  for (const block of blocks)
    await typed(stack, block.replaceAll("restore show", `restore show --port ${port}`));
  assert.equal(await stack.sql("select count(*) from users"), before);
  assert.equal((await ask(edge, "/login")).status, 200);
}

/**
 * Deletes rows and a file of a prod stack that has the upload `hello.pdf`, goes back to the moment
 * before, and to the data of after it.
 */
export async function restoreBeforeDelete(stack: BusyStack, t: TestContext): Promise<void> {
  const { deployment, edge } = stack;
  const restore = (...args: string[]) => deployment.berth("restore", ...args, "--stack", deployment.stack);
  const rows = () => stack.sql("select id, name, email from customers order by id");
  const file = async () => (await ask(edge, "/media/hello.pdf")).status === 200;
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
  await docker(["exec", app?.Id ?? "", "rm", "/var/lib/app/media/public/hello.pdf"]);
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

/**
 * Shows the moment before a DELETE of a prod stack that has the upload `hello.pdf`, while the stack
 * goes on without the row; then puts the row back as the command says.
 */
export async function showBeforeDelete(stack: BusyStack): Promise<void> {
  const { deployment } = stack;
  const [port = 0] = await freePorts(1);
  const restore = async (...args: string[]) => {
    const { status, stderr, stdout } = await deployment.berth(
      "restore",
      ...args,
      "--stack",
      deployment.stack,
    );
    assert.equal(status, 0, `${stdout}${stderr}`);
    return stdout;
  };
  await stack.sql("insert into customers (name, email) values ('Gone', 'gone@show.test')");
  await restore("--to", "latest");
  await stack.sql("delete from customers where email = 'gone@show.test'");
  const then = await stack.running();
  stack.edit("a release of after it");
  await deployment.up();
  assert.notEqual(await stack.running(), then);
  const said = await restore("show", "--port", String(port));
  assert.ok(said.includes(then), said);
  const address = `http://127.0.0.1:${port}`;
  assert.equal((await fetch(`${address}/login`)).headers.get("x-release"), then);
  const session = await fetch(`${address}/api/v1/session`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Origin: address },
    body: JSON.stringify(account),
  });
  assert.equal(session.status, 204, await session.text());
  const cookie = session.headers.getSetCookie().map((line) => line.replace(/;.*/, ""));
  const found = await fetch(`${address}/api/v1/customers?limit=100`, {
    headers: { Cookie: cookie.join("; ") },
  });
  assert.match(await found.text(), /gone@show\.test/);
  assert.equal(await (await fetch(`${address}/media/hello.pdf`)).text(), "hello");
  const present = "select count(*) from customers where email = 'gone@show.test'";
  assert.equal(await stack.sql(present), "0", "the stack itself is as it was");
  // Nothing in there has a way out.
  const label = [...deployment.labels("shown")];
  const inside = (await docker(["ps", "--quiet", ...label])).split("\n");
  const networks = await docker([
    "inspect",
    "--format",
    "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}",
    ...inside,
  ]);
  assert.equal(networks.split(/\s+/).filter((name) => name === "bridge").length, 1, networks);
  await restore("hide");
  for (const list of [
    ["ps", "-aq"],
    ["network", "ls", "-q"],
    ["volume", "ls", "-q"],
  ])
    assert.equal(await docker([...list, ...label]), "");
  const copied = await restore(
    ...["--into", "found", "--table", "customers", "--where", "email = 'gone@show.test'"],
  );
  await typed(stack, copied.match(/^ {2}npx berth psql .*$/gm)?.join("\n") ?? "false");
  assert.equal(await stack.sql(present), "1");
  await restore("drop", "--yes");
}
