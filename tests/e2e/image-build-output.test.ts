import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { buildLogFile, endOfBuildLog } from "../../infra/facts/build-log.ts";
import { baseImage } from "../support/base-image.ts";
import { docker } from "../support/docker.ts";
import { ScratchProgram } from "../support/scratch-program.ts";

const root = join(import.meta.dirname, "../..");

/** A program that builds one image. */
const source = (runtimeImage: string) => `
import { readFileSync } from "node:fs";
import { AppImage } from "${root}/infra/components/app-image.ts";
new AppImage("app-image", {
  source: {
    host: { environment: {} },
    identity: { project: "berth-build-output", stack: "dev" },
    origin: { kind: "build", context: "context", dockerfile: readFileSync("context/Dockerfile", "utf8"), generated: false, target: undefined, args: {} },
    buildArgs: { RUNTIME_IMAGE: ${JSON.stringify(runtimeImage)} },
    machineCa: "unused",
    migrations: { names: [], breaking: [] },
  },
});
`;

test("a failed build of the application's image leaves its output, and the next `up` builds again", async (t) => {
  const program = await ScratchProgram.of(source(await baseImage("debian")));
  t.after(async () => {
    await program.end();
    const left = await docker(["image", "ls", "--quiet", "berth-build-output/app-dev"]);
    if (left !== "") await docker(["image", "rm", "--force", ...left.split("\n")]);
  });
  const context = join(program.folder, "context");
  const write = (command: string) => {
    writeFileSync(join(context, "Dockerfile"), `ARG RUNTIME_IMAGE\nFROM \${RUNTIME_IMAGE}\nRUN ${command}\n`);
  };
  mkdirSync(context);
  writeFileSync(join(context, ".dockerignore"), "");
  write("echo first && echo 'no version 20 of this package' >&2 && exit 7");
  const failed = await program.up();
  assert.notEqual(failed.code, 0);
  const log = join(program.folder, buildLogFile("dev"));
  assert.match(endOfBuildLog(log), /^#\d+ .*first$/m);
  assert.match(endOfBuildLog(log), /^#\d+ .*no version 20 of this package$/m);
  write("echo second");
  const mended = await program.up();
  assert.equal(mended.code, 0, mended.output);
  assert.match(endOfBuildLog(log), /second/);
  assert.doesNotMatch(endOfBuildLog(log), /no version 20/, "each build begins its own log");
});
