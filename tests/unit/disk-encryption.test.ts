import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import {
  encryptionFinding,
  encryptionScript,
  parseEncryption,
} from "../../cli/host-checks/disk-encryption.ts";

/** A block device: its number, what it lies on, and the uuid of the device mapper. */
interface Device {
  readonly number: string;
  readonly uuid?: string;
  readonly on?: readonly string[];
}

const mounts = [
  "21 1 253:1 / / rw,relatime - ext4 /dev/mapper/root rw",
  "30 21 253:5 / /srv rw,relatime shared:1 master:2 - xfs /dev/mapper/data rw",
  "31 21 0:40 / /pool rw - zfs pool/docker rw",
  "32 21 8:1 / /boot rw - ext4 /dev/sda1 rw",
].join("\n");

function told(t: TestContext, folder: string, devices: Readonly<Record<string, Device>>): string {
  const root = mkdtempSync(join(tmpdir(), "berth-sys-"));
  t.after(() => {
    rmSync(root, { recursive: true });
  });
  mkdirSync(join(root, "proc/self"), { recursive: true });
  writeFileSync(join(root, "proc/self/mountinfo"), `${mounts}\n`);
  mkdirSync(join(root, "sys/dev/block"), { recursive: true });
  for (const [name, { number, on = [], uuid }] of Object.entries(devices)) {
    const device = join(root, "sys/devices", name);
    mkdirSync(join(device, "slaves"), { recursive: true });
    for (const below of on) symlinkSync(join(root, "sys/devices", below), join(device, "slaves", below));
    if (uuid !== undefined) {
      mkdirSync(join(device, "dm"));
      writeFileSync(join(device, "dm/uuid"), `${uuid}\n`);
    }
    symlinkSync(device, join(root, "sys/dev/block", number));
  }
  return execFileSync("sh", ["-c", encryptionScript, "sh", root, folder], { encoding: "utf8" }).trim();
}

const disk = { sda1: { number: "8:1" }, sdb1: { number: "8:17" } };
const luks = (number: string, below: string) => ({ number, uuid: "CRYPT-LUKS2-0a1b-data", on: [below] });

test("a folder on dm-crypt, directly or below LVM, is encrypted", (t) => {
  const straight = { ...disk, "dm-1": luks("253:1", "sda1") };
  assert.equal(told(t, "/var/lib/docker", straight), "encrypted ext4");
  const lvm = {
    ...disk,
    "dm-4": luks("253:4", "sdb1"),
    "dm-5": { number: "253:5", uuid: "LVM-x", on: ["dm-4"] },
  };
  assert.equal(told(t, "/srv/docker", lvm), "encrypted xfs");
});

test("a volume that also lies on a disk in clear is not encrypted, and neither is a partition", (t) => {
  const mixed = {
    ...disk,
    "dm-4": luks("253:4", "sdb1"),
    "dm-5": { number: "253:5", uuid: "LVM-x", on: ["dm-4", "sda1"] },
  };
  assert.equal(told(t, "/srv/docker", mixed), "plain xfs");
  assert.equal(told(t, "/boot", disk), "plain ext4");
});

test("file systems without a block device, and devices that are not shown, cannot be told", (t) => {
  assert.equal(told(t, "/pool/docker", disk), "unknown zfs");
  assert.equal(told(t, "/var/lib/docker", disk), "unknown ext4");
});

test("only requireEncryptedDisk refuses, a disk in clear and one that cannot be told", () => {
  const states = ["encrypted ext4", "plain ext4", "unknown btrfs"].map((said) => parseEncryption(said));
  const judged = (wanted: boolean) =>
    states.map((found) => encryptionFinding(found ?? assert.fail(), "/var/lib/docker", wanted));
  assert.deepEqual(
    judged(false).map(({ state }) => state),
    ["ok", "ok", "ok"],
  );
  assert.deepEqual(
    judged(true).map(({ state }) => state),
    ["ok", "problem", "problem"],
  );
  assert.match(judged(true)[1]?.text ?? "", /who gets the disk.*requireEncryptedDisk/);
  assert.match(judged(true)[2]?.text ?? "", /\(btrfs\) is encrypted cannot be told/);
  assert.equal(parseEncryption("sh: not found"), undefined);
});
