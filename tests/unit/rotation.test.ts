import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseRotation, turnOf } from "../../infra/resources/rotation.ts";
import { keyRingFile } from "../../infra/rendering/key-ring-file.ts";

describe("a rotation", () => {
  test("is read as the counter prints it", () => {
    assert.deepEqual(parseRotation("0\n"), { generation: 0, times: [] });
    assert.deepEqual(parseRotation("2 2026-11-21T10:00:00Z 2026-11-01T10:00:00Z"), {
      generation: 2,
      times: ["2026-11-21T10:00:00Z", "2026-11-01T10:00:00Z"],
    });
  });

  test("gives one holder its turn, and leaves the others as they are", () => {
    const turns = (generation: number) => [0, 1].map((holder) => turnOf(holder, 2, generation));
    assert.deepEqual([0, 1, 2, 3].map(turns), [
      [0, undefined],
      [0, 1],
      [2, 1],
      [2, 3],
    ]);
  });
});

describe("a key ring", () => {
  const keys = ["first", "second", "third"];

  test("begins with one key, for ever", () => {
    assert.equal(keyRingFile({ generation: 0, times: [] }, keys, 24), "first\n");
  });

  test("has the new key in front, and the old ones until their time", () => {
    const rotation = { generation: 4, times: ["2026-11-21T10:00:00Z", "2026-11-01T10:00:00Z"] };
    assert.equal(
      keyRingFile(rotation, keys, 24),
      "second\nfirst 2026-11-22T10:00:00.000Z\nthird 2026-11-02T10:00:00.000Z\n",
    );
  });
});
