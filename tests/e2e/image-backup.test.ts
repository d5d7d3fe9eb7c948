import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { keptRoles, swappedMark } from "../../cli/running/kept-roles.ts";
import { swapScript } from "../../cli/running/swap-script.ts";
import { baseImage } from "../support/base-image.ts";
import { docker, finish, type Finished } from "../support/docker.ts";

const root = join(import.meta.dirname, "../..");
const base = await baseImage("postgres");
const derived = await finish(process.execPath, [
  join(root, "images/derive.ts"),
  "backup",
  ...["--base", base],
]);
const image = derived.stdout.trim();

/** What the stacks run it with, without a network. */
const confined = ["--rm", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--network", "none"];

test("the image of the backups is built on the stack's Postgres image and has its server", async () => {
  assert.equal(derived.status, 0, derived.stderr);
  assert.match(image, /^berth\/backup:[0-9a-f]{12}$/);
  const version = (name: string, program: string) =>
    docker(["run", ...confined, "--entrypoint", program, name, "--version"]);
  assert.equal(await version(image, "postgres"), await version(base, "postgres"));
  for (const program of ["pg_receivewal", "pg_amcheck", "pgbackrest"]) await version(image, program);
});

test("runs as Postgres' user and tells its words", async () => {
  assert.equal(await docker(["run", ...confined, "--entrypoint", "id", image, "-u"]), "999");
  const asked = await finish("docker", ["run", ...confined, image, "--help"]);
  assert.equal(asked.status, 2);
  assert.match(asked.stderr, /berth-backup backup full\|diff\|incr/);
});

test("decides by itself what is due, what stays, where holes are and what breaks the policy", async () => {
  const checks = readFileSync(join(root, "tests/support/backup_program.py"), "utf8");
  const { status, stderr } = await finish(
    "docker",
    ["run", "--interactive", ...confined, "--entrypoint", "python3", image, "-"],
    { stdin: checks },
  );
  assert.equal(status, 0, stderr);
  assert.match(stderr, /Ran \d\d tests/);
});

/** Runs shell lines around the swap of restored data, in a folder in memory. */
async function swapping(...lines: readonly string[]): Promise<Finished> {
  const prepare = `set -eu; cd /tmp; mkdir -p data/pgdata data/restored media/public media/.restored/public
    for one in pgdata restored; do echo 17 >data/$one/PG_VERSION; echo $one >data/$one/rows; done
    echo '{}' >data/restored/berth_restored.json; echo now >media/public/a; echo then >media/.restored/public/a`;
  const show =
    "(cd /tmp; for file in data/*/rows media/public/a media/.before/public/a; do [ ! -e $file ] || echo $file $(cat $file); done)";
  const script = [prepare, ...lines, show].join("\n");
  const options = ["--user", "0:0", "--cap-add", "CHOWN", "--cap-add", "DAC_OVERRIDE", "--cap-add", "FOWNER"];
  return finish("docker", ["run", ...confined, ...options, "--entrypoint", "sh", image, "-c", script]);
}

const call = (words: Parameters<typeof swapScript>[0]) =>
  `(${swapScript(words, "/tmp/data/pgdata", "/tmp/media", 4711)})`;
/** What Postgres' container does once it has the roles of today. */
const complete = `rm ${swappedMark("/tmp/data")}`;
const swapped = [
  "data/before/rows pgdata",
  "data/pgdata/rows restored",
  "media/public/a then",
  "media/.before/public/a now",
];

test("restored data is swapped in whole, back again, and deleted when told to", async () => {
  const { stdout, stderr } = await swapping(call("swap restored"));
  assert.deepEqual(stdout.trim().split("\n"), swapped, stderr);
  const back = await swapping(call("swap restored"), call("swap before"));
  assert.deepEqual(
    back.stdout.trim().split("\n"),
    [
      "data/before/rows restored",
      "data/pgdata/rows pgdata",
      "media/public/a now",
      "media/.before/public/a then",
    ],
    back.stderr,
  );
  const dropped = await swapping(call("swap restored"), complete, call("drop"));
  assert.deepEqual(dropped.stdout.trim().split("\n"), ["data/pgdata/rows restored", "media/public/a then"]);
});

test("uploads that are swapped in belong to the application's user, there and back", async () => {
  const owners = "(cd /tmp/media; stat -c '%u:%g %n' . public public/a .before .before/public/a)";
  const belonging = [".", "public", "public/a", ".before"].map((name) => `4711:4711 ${name}`);
  const { stdout, stderr } = await swapping(call("swap restored"), owners);
  // What is kept keeps its owner.
  assert.deepEqual(stdout.trim().split("\n").slice(0, 5), [...belonging, "0:0 .before/public/a"], stderr);
  const back = await swapping(call("swap restored"), complete, call("swap before"), owners);
  assert.deepEqual(
    back.stdout.trim().split("\n").slice(0, 5),
    [...belonging, "4711:4711 .before/public/a"],
    back.stderr,
  );
});

test("a swap that was killed after any of its renames goes on", async () => {
  const exchange = "mv --exchange -T /tmp/data/pgdata /tmp/data/restored";
  const keep = "mv -T /tmp/data/restored /tmp/data/before";
  const aside = "mkdir /tmp/media/.before; mv -T /tmp/media/public /tmp/media/.before/public";
  const inPlace = "mv -T /tmp/media/.restored/public /tmp/media/public";
  const steps = [exchange, keep, aside, inPlace];
  for (const done of steps.keys()) {
    const { stdout, stderr } = await swapping(...steps.slice(0, done + 1), call("swap restored"));
    assert.deepEqual(stdout.trim().split("\n"), swapped, `killed after step ${done}: ${stderr}`);
  }
});

test("a swap that was killed before its server had the roles is completed by the same command, and kept until then", async () => {
  const again = await swapping(call("swap restored"), call("begin restored"), call("swap restored"));
  assert.deepEqual(again.stdout.trim().split("\n"), swapped, again.stderr);
  const back = [
    call("swap restored"),
    complete,
    call("swap before"),
    call("begin before"),
    call("swap before"),
  ];
  const there = await swapping(...back);
  assert.match(
    there.stdout,
    /^data\/before\/rows restored\ndata\/pgdata\/rows pgdata\nmedia\/public\/a now$/m,
  );
  assert.match((await swapping(call("swap restored"), call("drop"))).stderr, /run it again first/);
});

test("the other direction is refused in the middle of a swap, and roles of one that was never made are forgotten", async () => {
  const exchange = "mv --exchange -T /tmp/data/pgdata /tmp/data/restored";
  const other = await swapping(exchange, call("begin before"));
  assert.match(other.stderr, /Finish it first: npx berth restore swap/);
  const roles = keptRoles("/tmp/data");
  const begun = await swapping(`touch ${roles}`, exchange, call("begin restored"), `[ -e ${roles} ]`);
  assert.equal(begun.status, 0, begun.stderr);
  const stale = await swapping(`touch ${roles}`, call("begin restored"), `[ ! -e ${roles} ]`);
  assert.equal(stale.status, 0, stale.stderr);
});

test("a swap is refused where nothing was restored, or something is kept", async () => {
  const nothing = await swapping("rm -r /tmp/data/restored", call("swap restored"));
  assert.match(nothing.stderr, /nothing to swap in/);
  const kept = await swapping("cp -a /tmp/data/pgdata /tmp/data/before", call("swap restored"));
  assert.match(kept.stderr, /still kept; npx berth restore drop/);
  assert.equal(
    (await swapping("mv --exchange -T /tmp/data/pgdata /tmp/data/restored", call("drop"))).status,
    1,
  );
});
