import assert from "node:assert/strict";
import { test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { readLastState } from "../../infra/facts/last-state.ts";

/** As the engine's calls fail. */
const failure = (details: string) => Object.assign(new Error(details), { details });

const answers = async (answer: () => object) => {
  let asked = 0;
  await pulumi.runtime.setMocks({
    newResource: ({ name, inputs }) => ({ id: name, state: inputs as object }),
    call: () => {
      asked += 1;
      return answer();
    },
  });
  return () => asked;
};

await test("a state that the engine is just writing is read again, another failure is not", async () => {
  const urn = "urn:pulumi:prod::berth::docker:index/volume:Volume::media";
  let half = 3;
  const asked = await answers(() => {
    half -= 1;
    if (half > 0) throw failure("failed to load checkpoint: EOF");
    return { outputs: { [urn]: { type: "docker:index/volume:Volume", outputs: { name: "m" } } } };
  });
  assert.deepEqual(Object.keys(await readLastState("prod")), [urn]);
  assert.equal(asked(), 3);

  const askedAgain = await answers(() => {
    throw failure("the passphrase does not open it");
  });
  await assert.rejects(readLastState("prod"), /the passphrase does not open it/);
  assert.equal(askedAgain(), 1);
});
