import assert from "node:assert/strict";
import { test } from "node:test";
import { volumesOfFormerName } from "../../infra/stack/own-data.ts";

const volume = (name: string, project: string, stack: string) => ({
  type: "docker:index/volume:Volume",
  outputs: {
    name,
    labels: [
      { label: "berth.project", value: project },
      { label: "berth.stack", value: stack },
    ],
  },
});
const shop = { project: "berth", stack: "shop" };

test("a stack's own volumes are in order, and so is a stack that has none yet", () => {
  const network = { type: "docker:index/network:Network", outputs: { name: "n", labels: [] } };
  assert.deepEqual(
    volumesOfFormerName({ a: volume("berth-shop-postgres", "berth", "shop"), network }, shop),
    [],
  );
  assert.deepEqual(volumesOfFormerName({}, shop), []);
  assert.deepEqual(volumesOfFormerName(undefined, shop), []);
});

test("volumes of a stack or project that had another name are found, with the name", () => {
  const state = {
    a: volume("berth-prod-postgres", "berth", "prod"),
    b: volume("blog-shop-media", "blog", "shop"),
  };
  assert.deepEqual(volumesOfFormerName(state, shop), [
    { volume: "berth-prod-postgres", project: "berth", stack: "prod" },
    { volume: "blog-shop-media", project: "blog", stack: "shop" },
  ]);
});
