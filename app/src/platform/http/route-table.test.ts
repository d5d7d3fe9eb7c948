import assert from "node:assert/strict";
import { test } from "node:test";
import { createRouteTable } from "./route-table.ts";

const paths = ["/a", "/a/b", "/a/:id", "/a/:id/c", "/a/b/d", "/:one/:two/e", "/files/*rest", "/x/:y{/:z}"];
const find = createRouteTable(new Map(paths.map((path) => [path, path])));

for (const [address, path, params = {}] of [
  ["/a", "/a"],
  ["/a/b", "/a/b"],
  ["/a/7", "/a/:id", { id: "7" }],
  ["/a/b/c", "/a/:id/c", { id: "b" }],
  ["/a/b/d", "/a/b/d"],
  ["/a/b/e", "/:one/:two/e", { one: "a", two: "b" }],
  ["/a/b%20c", "/a/:id", { id: "b c" }],
  ["/a/%zz", undefined],
  ["/a/", undefined],
  ["/A", undefined],
  ["/a//c", undefined],
  ["/", undefined],
  ["/nowhere", undefined],
  ["/files/e", undefined],
  ["/x/1", undefined],
] as const) {
  test(`${address} belongs to ${path ?? "Express"}`, () => {
    const match = find(address);
    assert.equal(match?.path, path);
    if (path !== undefined) assert.deepEqual(match?.params, params);
  });
}
