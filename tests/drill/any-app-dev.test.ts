import assert from "node:assert/strict";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { baseImage } from "../support/base-image.ts";
import { Deployment } from "../support/deployment.ts";
import { eventually } from "../support/eventually.ts";
import { freePorts } from "../support/free-ports.ts";
import { writeHostileApp } from "../support/hostile-app.ts";

await describe("an application that others wrote, in dev", { timeout: 900_000 }, () => {
  let deployment: Deployment;
  let origin = "";
  const path = (name: string) => join(deployment.folder, "shop", name);
  const change = (name: string, edit: (text: string) => string) => {
    writeFileSync(path(name), edit(readFileSync(path(name), "utf8")));
  };
  const answer = async () => (await fetch(origin)).text();

  before(async () => {
    const [appPort = 0, adminerPort = 0, databasePort = 0] = await freePorts(3);
    deployment = await Deployment.of("dev", { appPort, adminerPort, databasePort, appFolder: "shop" });
    origin = `http://127.0.0.1:${appPort}`;
    rmSync(join(deployment.folder, "app"), { recursive: true });
    const images = ["node", "debian", "machine-ca"] as const;
    const [node = "", debian = ""] = await Promise.all(images.map((image) => baseImage(image)));
    writeHostileApp(path(""), { node, debian });
    // Sources that are mounted lie in a folder of their own.
    mkdirSync(path("src"));
    renameSync(path("server.js"), path("src/server.js"));
    change("src/server.js", (text) => text.replace('"./knexfile"', '"../knexfile"'));
    // In dev, Knex takes the part of the knexfile that is called so.
    change("knexfile.js", (text) => `${text}module.exports.development = module.exports.production;\n`);
    change("package.json", (text) => text.replace("node server.js", "node src/server.js"));
  });
  after(async () => {
    await deployment.remove();
  });

  test("is adopted by a command, and comes up with its migrations", async () => {
    const adopted = await deployment.berth("adopt", "shop", "--write");
    assert.equal(adopted.status, 0, adopted.stderr);
    assert.match(adopted.stdout, /reload +dev mounts src/);
    await deployment.up();
    assert.equal(await answer(), "release 0, hello");
    const headers = { "Content-Type": "application/json" };
    const body = JSON.stringify({ title: "one" });
    const added = await fetch(`${origin}/todos`, { method: "POST", headers, body });
    assert.equal(added.status, 201);
  });

  test("shows a changed source without `up` and without a new container", async () => {
    const [before] = await deployment.containers("app");
    change("src/server.js", (text) => text.replace("release 0", "release 1"));
    await eventually(async () => {
      assert.equal(await answer(), "release 1, hello");
    });
    const [now] = await deployment.containers("app");
    assert.deepEqual([now?.Id, now?.State.StartedAt], [before?.Id, before?.State.StartedAt]);
    assert.equal(await (await fetch(`${origin}/todos`)).text(), '[{"title":"one"}]');
  });

  test("runs on with the last source that starts, once a broken one is mended", async () => {
    change("src/server.js", (text) => `${text}\n}`);
    await eventually(async () => {
      await assert.rejects(answer());
    });
    change("src/server.js", (text) => text.replace(/\n}$/, "").replace("release 1", "release 2"));
    await eventually(async () => {
      assert.equal(await answer(), "release 2, hello");
    });
  });
});
