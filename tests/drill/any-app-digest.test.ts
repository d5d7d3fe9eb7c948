import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { baseImage } from "../support/base-image.ts";
import { Deployment } from "../support/deployment.ts";
import { docker, finish } from "../support/docker.ts";
import { freePorts } from "../support/free-ports.ts";
import { writeHostileApp } from "../support/hostile-app.ts";
import { imageRegistry } from "../support/image-registry.ts";

const registry = await imageRegistry();

await describe(
  "an application that others wrote, as the image of its team's CI",
  { timeout: 900_000, skip: registry instanceof Error && registry.message },
  () => {
    assert.ok(!(registry instanceof Error));
    let deployment: Deployment;
    let origin = "";
    /** Where `docker login` of the deployer keeps what it was given. */
    const login = { DOCKER_CONFIG: mkdtempSync(join(tmpdir(), "berth-login-")) };
    const path = (name: string) => join(deployment.folder, "shop", name);
    const answer = async () => (await fetch(origin)).text();

    /** What the CI of the team does: builds, pushes, and keeps nothing. */
    async function built(release: number): Promise<string> {
      const server = readFileSync(path("server.js"), "utf8");
      writeFileSync(path("server.js"), server.replace(/release \d+/, `release ${release}`));
      const name = `${registry instanceof Error ? "" : registry.address}/team/shop:${release}`;
      for (const args of [
        ["build", "--quiet", "--tag", name, path("")],
        ["push", "--quiet", name],
      ]) {
        const { status, stderr } = await finish("docker", args, { env: { ...login, DOCKER_BUILDKIT: "0" } });
        assert.equal(status, 0, stderr);
      }
      const digest = await docker(["image", "inspect", "--format", "{{index .RepoDigests 0}}", name]);
      await docker(["image", "rm", name]);
      return digest;
    }
    /** Names the image in berth.json, and deploys it. */
    async function deploy(image: string): Promise<void> {
      const declared = JSON.parse(readFileSync(path("berth.json"), "utf8")) as object;
      writeFileSync(path("berth.json"), JSON.stringify({ ...declared, image }));
      await deployment.mustRun("up", login);
    }

    before(async () => {
      const [appPort = 0] = await freePorts(1);
      deployment = await Deployment.of("basic", { appPort, appFolder: "shop" });
      origin = `http://127.0.0.1:${appPort}`;
      rmSync(join(deployment.folder, "app"), { recursive: true });
      const images = ["node", "debian", "machine-ca"] as const;
      const [node = "", debian = ""] = await Promise.all(images.map((image) => baseImage(image)));
      writeHostileApp(path(""), { node, debian });
      const entered = await finish(
        "docker",
        ["login", "--username", registry.user, "--password-stdin", registry.address],
        { env: login, stdin: registry.password },
      );
      assert.equal(entered.status, 0, entered.stderr);
    });
    after(async () => {
      await deployment.remove();
      await registry.stop();
      rmSync(login.DOCKER_CONFIG, { recursive: true });
    });

    test("is deployed by its digest, with berth's layer on top and its migrations", async () => {
      const adopted = await deployment.berth("adopt", "shop", "--write");
      assert.equal(adopted.status, 0, adopted.stderr);
      await deploy(await built(1));
      assert.equal(await answer(), "release 1, hello");
      const headers = { "Content-Type": "application/json" };
      const body = JSON.stringify({ title: "one" });
      const added = await fetch(`${origin}/todos`, { method: "POST", headers, body });
      assert.equal(added.status, 201, await added.text());
      const [app] = await deployment.containers("app");
      assert.ok(!(app?.Config.Env ?? []).some((line) => line.startsWith("DATABASE_URL=")));
    });

    test("is released by another digest, and rolled back", async () => {
      await deploy(await built(2));
      assert.equal(await answer(), "release 2, hello");
      await deployment.mustRun("rollback", "--yes", login);
      assert.equal(await answer(), "release 1, hello");
      assert.equal(await (await fetch(`${origin}/todos`)).text(), '[{"title":"one"}]');
    });
  },
);
