import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { checkout } from "../../cli/checkout.ts";

const stages = readFileSync(join(checkout.root, "app/Dockerfile"), "utf8").split(/^FROM /m);

test("what the image holds of a checkout has been made readable, whatever umask it was made with", () => {
  const fromContext = stages.filter((stage) => /^COPY (?!--from=)/m.test(stage));
  for (const stage of fromContext) {
    const [name] = /(?<= AS )\w+/.exec(stage) ?? [];
    assert.ok(name === "dependencies" || /^RUN chmod -R u=rwX,go=rX /m.test(stage), stage.split("\n")[0]);
  }
  assert.ok(!fromContext.includes(stages.at(-1) ?? ""), "the last stage copies from other stages only");
});

test("no package runs a program of its own while the image is built", () => {
  for (const [command] of stages.join("").matchAll(/npm (?:ci|install)[^&]*/g)) {
    assert.match(command, / --ignore-scripts /);
  }
});
