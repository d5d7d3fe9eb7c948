import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ScratchProgram } from "../support/scratch-program.ts";

const infra = join(import.meta.dirname, "../../infra");

const source = `
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { labels } from "${infra}/policy/host.ts";
import { readLastState } from "${infra}/facts/last-state.ts";
import { requireOwnData } from "${infra}/stack/own-data.ts";

const identity = { project: pulumi.getProject(), stack: pulumi.getStack() };
requireOwnData(identity, await readLastState(identity.stack));
const name = \`\${identity.project}-\${identity.stack}-data\`;
new docker.Volume("data", { name, labels: labels(identity, "data") });
`;

await describe("a stack whose project was renamed after a deploy", async () => {
  let program: ScratchProgram;
  const preview = () => program.run("preview");

  before(async () => {
    program = await ScratchProgram.of(source);
  });
  after(async () => {
    await program.end();
  });

  await test("is an ordinary stack before, from the first preview on", async () => {
    for (const step of [await preview(), await program.up(), await preview()]) {
      assert.equal(step.code, 0, step.output);
    }
  });

  await test("is refused by preview and up, with the way back, and keeps its volume", async () => {
    await program.mustRun("stack", "rename", "other");
    for (const step of [await preview(), await program.up()]) {
      assert.notEqual(step.code, 0);
      assert.match(step.output, /Stack other of project \S+ was dev of \S+ when its data was made/);
      assert.match(step.output, /volumes of that name: \S+-dev-data\. Nothing was changed/);
      assert.match(step.output, /Fix: pulumi stack rename dev --stack other\./);
    }
  });

  await test("is taken again by its name", async () => {
    await program.mustRun("stack", "rename", "dev");
    const again = await preview();
    assert.equal(again.code, 0, again.output);
    assert.match(again.output, /2 unchanged/);
  });
});
