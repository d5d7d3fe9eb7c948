import assert from "node:assert/strict";
import { test } from "node:test";
import { parseProgress, pushedDigest } from "../../releases/engine-progress.ts";

const digest = `sha256:${"0f".repeat(32)}`;
const told = (...lines: object[]) =>
  parseProgress(lines.map((line) => `${JSON.stringify(line)}\r\n`).join(""));

test("the digest of a push is in a note", () => {
  const lines = told(
    { status: "The push refers to repository [localhost:5000/shop]" },
    { status: `0123456789ab: digest: ${digest} size: 856` },
    { progressDetail: {}, aux: { Tag: "0123456789ab", Digest: digest, Size: 856 } },
  );
  assert.equal(pushedDigest(lines), digest);
});

test("engines with containerd's image store name it in words only, beside notes of other kinds", () => {
  const lines = told(
    { status: "Pushing", id: "5f2b", progressDetail: { current: 1, total: 2 } },
    { aux: { manifestPushedInsteadOfIndex: true, originalIndex: {}, selectedManifest: {} } },
    { status: `0123456789ab: digest: ${digest} size: 856` },
  );
  assert.equal(pushedDigest(lines), digest);
});

test("finds no digest if none is named", () => {
  assert.equal(pushedDigest(told({ status: "Preparing" }, { error: "denied" })), undefined);
  assert.equal(told({ error: "denied" })[0]?.error, "denied");
});
