import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { recipeFolder } from "../../images/lib/recipe.ts";

const able = process.getuid?.() === 0 && existsSync("/usr/sbin/debootstrap");
/** Larger than any process id of Linux. */
const nobody = 4_194_305;

test(
  "of what is called like an abandoned root file system only root's own is removed",
  { skip: !able && "it needs root and debootstrap" },
  (context) => {
    const folder = mkdtempSync(join(tmpdir(), "berth-bootstrap-"));
    context.after(() => {
      rmSync(folder, { recursive: true });
    });
    const make = (name: string) => {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, "file"), "");
      return join(folder, name);
    };
    const [abandoned, inUse, foreign] = [
      `berth-debian.${nobody}.own`,
      `berth-debian.${process.pid}.own`,
      `berth-debian.${nobody}.foreign`,
    ];
    make(abandoned);
    make(inUse);
    chownSync(make(foreign), 65534, 65534);
    make("elsewhere");
    symlinkSync(join(folder, "elsewhere"), join(folder, `berth-debian.${nobody}.link`));

    // It ends at the address, right after it has tidied.
    const { status, stderr } = spawnSync(
      join(recipeFolder("debian"), "bootstrap.sh"),
      ["--mirror", "https://mirror.invalid/"],
      { env: { ...process.env, TMPDIR: folder }, encoding: "utf8" },
    );
    assert.equal(status, 3, stderr);
    assert.match(stderr, /has to be an http:\/\/ address/);
    assert.deepEqual(
      readdirSync(folder).sort(),
      ["elsewhere", inUse, foreign, `berth-debian.${nobody}.link`].sort(),
    );
    assert.ok(existsSync(join(folder, "elsewhere/file")));
    assert.ok(existsSync(join(folder, foreign, "file")));
  },
);
