import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ScratchProgram } from "../support/scratch-program.ts";

/** Every run of a command leaves a line in the file `log` of the program's folder. */
const source = `
import { Config, secret } from "@pulumi/pulumi";
import { local } from "@pulumi/command";
import * as random from "@pulumi/random";

const config = new Config();
const password = new random.RandomPassword("password", { length: 24, special: false });
const bytes = new random.RandomBytes("bytes", { length: 16 });
for (const [type, args] of [
  ["RandomId", { byteLength: 4 }], ["RandomPet", {}], ["RandomUuid", {}], ["RandomInteger", { min: 1, max: 9 }],
  ["RandomString", { length: 8 }], ["RandomShuffle", { inputs: ["a", "b"] }],
] as const) new (random as any)[type](type, args);

const written = new local.Command("written", {
  create: "cat > secret-file; echo \\"got $(cat secret-file) and $TOKEN\\"; echo create >> log",
  delete: "rm secret-file; echo delete >> log",
  stdin: password.result,
  environment: { TOKEN: secret("tok-s3cret-en") },
  triggers: [config.get("trigger") ?? "0"],
});
const counted = new local.Command("counted", {
  create: "echo 1; echo created >> log",
  update: 'echo $((PULUMI_COMMAND_STDOUT + 1)); echo updated >> log',
  environment: { VALUE: config.get("value") ?? "0" },
});
if (config.get("fail") === "yes") {
  new local.Command("failing", {
    create: "echo MARK-OF-THE-SCRIPT > /dev/null; cat >&2; echo it broke >&2; exit 42",
    stdin: secret("MARK-OF-STDIN\\n"),
    environment: { KEY: "MARK-OF-THE-ENVIRONMENT" },
    logging: "none",
  });
}
if (config.get("endless") === "yes") {
  new local.Command("endless", { create: "echo $$ > endless.pid; sleep 3600 & echo $! >> endless.pid; wait" });
}
export const printed = written.stdout;
export const count = counted.stdout;
export const key = bytes.base64;
`;

/** No warning, and nothing that would be done. */
async function settled(program: ScratchProgram): Promise<void> {
  for (const command of [["refresh", "--yes"], ["preview"]]) {
    const { code, output } = await program.run(...command, "--expect-no-changes");
    assert.equal(code, 0, output);
    assert.doesNotMatch(output, /warning/i);
  }
}

async function output(program: ScratchProgram, name: string): Promise<string> {
  return (await program.mustRun("stack", "output", name, "--show-secrets")).trimEnd();
}

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe("the command and random plugins", () => {
  let program: ScratchProgram;
  before(async () => {
    program = await ScratchProgram.of(source);
  });
  after(async () => {
    await program.end();
  });

  test("create a stack without a warning, and then find no changes", async () => {
    const { code, output: shown } = await program.up();
    assert.equal(code, 0, shown);
    assert.doesNotMatch(shown, /warning/i);
    await settled(program);
    assert.deepEqual(program.read("log").trim().split("\n").sort(), ["create", "created"]);
  });

  test("keep secrets out of the state and of the output", async () => {
    const password = program.read("secret-file");
    assert.equal(password.length, 24);
    assert.equal(await output(program, "printed"), `got ${password} and tok-s3cret-en`);
    const secrets = [password, "tok-s3cret-en", await output(program, "key")];
    const places = {
      state: await program.mustRun("stack", "export"),
      outputs: await program.mustRun("stack", "output"),
      preview: await program.mustRun("preview", "--diff"),
    };
    for (const [place, content] of Object.entries(places)) {
      for (const secret of secrets) assert.ok(!content.includes(secret), `a secret is in the ${place}`);
    }
  });

  test("run the update command when an input changes, with the output before", async () => {
    await program.set("value", "1");
    const preview = await program.mustRun("preview");
    assert.match(preview, /counted update \[diff: ~environment\]/);
    const { code, output: shown } = await program.up();
    assert.equal(code, 0, shown);
    assert.equal(await output(program, "count"), "2");
    assert.match(program.read("log"), /updated\n$/);
  });

  test("replace when a trigger changes: create first, then delete", async () => {
    const secret = program.read("secret-file");
    await program.set("trigger", "1");
    assert.match(await program.mustRun("preview"), /written replace \[diff: ~triggers\]/);
    const { code, output: shown } = await program.up();
    assert.equal(code, 0, shown);
    assert.match(program.read("log"), /create\ndelete\n$/);
    assert.ok(!shown.includes(secret), "the log of the run shows the secret");
  });

  test("report why a command failed, without its inputs", async () => {
    await program.set("fail", "yes");
    const { code, output: shown } = await program.up();
    assert.notEqual(code, 0);
    assert.match(shown, /the command failed with exit code 42/);
    assert.match(shown, /it broke/);
    assert.doesNotMatch(shown, /MARK-OF/);
    await program.set("fail", "no");
    assert.equal((await program.up()).code, 0);
    await settled(program);
  });

  for (const signal of ["SIGINT", "SIGKILL"] as const) {
    test(`leave no process behind when the CLI gets ${signal}`, async () => {
      await program.set("endless", "yes");
      const cli = program.start("up", "--yes", "--skip-preview");
      cli.stdout?.resume();
      cli.stderr?.resume();
      while (program.read("endless.pid").trim().split("\n").length < 2) {
        assert.equal(cli.exitCode, null, "the update ended before its command ran");
        await sleep(50);
      }
      const pids = program.read("endless.pid").trim().split("\n").map(Number);
      cli.kill(signal);
      await once(cli, "close");
      while (pids.some(isAlive)) await sleep(50);
      await program.set("endless", "no");
      await program.run("cancel", "--yes");
      const { code, output: shown } = await program.up();
      assert.equal(code, 0, shown);
      await settled(program);
    });
  }
});
