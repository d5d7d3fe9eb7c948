import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { registerTestStack } from "../../cli/testing/test-run.ts";
import { rehearsalStack } from "../../cli/rehearsal/throwaway-stack.ts";
import { baseImage } from "../support/base-image.ts";
import { copyCheckout } from "../support/deployment.ts";
import { docker, finish } from "../support/docker.ts";
import { writeHostileApp } from "../support/hostile-app.ts";

await describe("adopt --try", { timeout: 1_500_000 }, () => {
  let place: string;
  let berth: string;
  let forget: () => void;
  const shop = () => join(place, "shop");

  before(async () => {
    place = mkdtempSync(join(tmpdir(), "berth-try-"));
    berth = join(place, "berth");
    mkdirSync(berth);
    forget = registerTestStack({ stack: rehearsalStack(berth), paths: [place] });
    await copyCheckout(berth);
    const [node, debian] = await Promise.all([
      baseImage("node"),
      baseImage("debian"),
      baseImage("machine-ca"),
    ]);
    writeHostileApp(shop(), { node, debian });
  });
  after(() => {
    rmSync(place, { recursive: true, force: true });
    forget();
  });

  const rehearse = () =>
    finish(process.execPath, ["cli/berth.mjs", "adopt", "../shop", "--try"], { cwd: berth });
  const leftNothing = async () => {
    const label = ["--filter", `label=berth.stack=${rehearsalStack(berth)}`];
    assert.equal(await docker(["ps", "-aq", ...label]), "");
    assert.equal(await docker(["volume", "ls", "-q", ...label]), "");
    assert.ok(!existsSync(join(berth, ".berth/rehearsal")));
    assert.deepEqual(
      readdirSync(berth).filter((name) => name.startsWith("Pulumi.rehearsal")),
      [],
    );
    assert.ok(!existsSync(join(shop(), "berth.json")), "the application is as it was");
  };

  test("says which promise holds, of an application that does nothing for it, and leaves nothing", async (t) => {
    const { status, stdout, stderr } = await rehearse();
    t.diagnostic(stdout);
    assert.equal(status, 0, stdout + stderr);
    for (const promise of [
      "migrates, then starts",
      "answers",
      "loses no write in idle gaps",
      "keeps connections longer than Nginx",
      "needs nothing that it may not have",
      "nobody notices a rotation of all secrets",
      "nobody notices a release",
      "ends when it is told to",
      "nobody notices a roll-back",
      "a replica that is killed costs no read",
    ])
      assert.match(stdout, new RegExp(`^${promise} +yes `, "m"));
    await leftNothing();
  });

  test("says of one that cannot what it cannot, with the fix, and ends with 1", async (t) => {
    // Each in its own code: it hangs up early, ignores SIGTERM and writes where it may not.
    const spoilt = `require("http").Server.prototype.listen = ((listen) => function () {
  this.on("request", (request, response) => {
    response.once("finish", () => setTimeout(() => request.socket.destroy(), 7000));
  });
  return listen.apply(this, arguments);
})(require("http").Server.prototype.listen);
process.on("SIGTERM", () => {});
require("fs").writeFile("/srv/cache.json", "{}", (error) => error && console.error(error));
`;
    const file = join(shop(), "server.js");
    writeFileSync(file, spoilt + readFileSync(file, "utf8"));
    const { status, stdout, stderr } = await rehearse();
    t.diagnostic(stdout);
    assert.equal(status, 1, stdout + stderr);
    assert.match(stdout, /^migrates, then starts +yes /m);
    assert.match(stdout, /^keeps connections longer than Nginx +NO +an idle one was closed after \d+ s/m);
    assert.match(stdout, /^ends when it is told to +NO +2 of 2 replicas still ran after 10 s/m);
    assert.match(stdout, /Fixes:[^]*keepAliveTimeout[^]*writes \/srv\/cache\.json: .*berth\.json/);
    await leftNothing();
  });
});
