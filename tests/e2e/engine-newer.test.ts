import assert from "node:assert/strict";
import { test } from "node:test";
import { baseImageNames } from "../../images/catalogue.ts";
import { baseImage } from "../support/base-image.ts";
import { engineInCache, engineVersion } from "../support/built-engine.ts";
import { otherEngine } from "../support/other-engine.ts";

const programs = engineInCache();

test(
  `a stack on Docker Engine ${engineVersion}, with its client and its image store`,
  { skip: programs === undefined && "the engine is not built: npm run drill engines builds it" },
  async () => {
    const engine = await otherEngine({ programs: programs ?? "" });
    try {
      await engine.take(await Promise.all(baseImageNames.map(baseImage)));
      const last = await engine.show(process.execPath, ["cli/berth.mjs", "test", "e2e/stack-basic"]);
      assert.match(last, /^[1-9]\d* passed, 0 failed/);
    } finally {
      await engine.remove();
    }
  },
);
