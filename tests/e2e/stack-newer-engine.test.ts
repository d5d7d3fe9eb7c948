import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { baseImage } from "../support/base-image.ts";
import { engineInCache, engineVersion } from "../support/built-engine.ts";
import { Deployment } from "../support/deployment.ts";
import { freePorts } from "../support/free-ports.ts";
import { findInImage } from "../support/image-content.ts";
import { otherEngine, type OtherEngine } from "../support/other-engine.ts";

const programs = engineInCache();

function missing(): string | false {
  if (programs === undefined)
    return `Docker Engine ${engineVersion} is not in the cache; npx berth drill engines builds it`;
  return process.getuid?.() === 0 ? false : "it starts an engine of its own, as root";
}

/** Answers with its words if the password is there for it alone, and Postgres speaks. */
const server = (words: string) => `
const { readFileSync } = require("node:fs");
const { createServer } = require("node:http");
const { connect } = require("node:net");
createServer((request, response) => {
  const { hostname, password, port } = new URL(process.env.DATABASE_URL);
  const database = connect(port, hostname, () => {
    // SSLRequest of the protocol; without TLS the answer is N.
    database.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]));
  });
  database.on("error", (error) => response.writeHead(500).end(error.message));
  database.on("data", (answer) => {
    response.end([${JSON.stringify(words)}, answer, password.length > 20].join(" "));
    database.end();
  });
}).listen(3000);
`;

/** With a mount that only BuildKit knows. */
const dockerfile = `ARG NODE_IMAGE
FROM \${NODE_IMAGE}
RUN --mount=type=cache,target=/root/.npm touch /root/.npm/kept
COPY . /srv
USER 1000:1000
CMD ["node", "/srv/server.js"]
`;

/** Stands in the address of a proxy. */
const proxyPassword = "hunter2";

await describe(
  `a stack on Docker Engine ${engineVersion} with containerd's image store`,
  { timeout: 900_000, skip: missing() },
  () => {
    let engine: OtherEngine;
    let deployment: Deployment;
    let port = 0;
    const write = (name: string, text: string) => {
      writeFileSync(join(deployment.folder, "shop", name), text);
    };

    before(async () => {
      let images: string[];
      [engine, images, [port = 0]] = await Promise.all([
        otherEngine({ programs: programs ?? assert.fail() }),
        Promise.all((["node", "debian", "postgres", "layer", "machine-ca"] as const).map(baseImage)),
        freePorts(1),
      ]);
      const settings = { appPort: port, appFolder: "shop" };
      [deployment] = await Promise.all([Deployment.of("basic", settings), engine.take(images)]);
      const context = ["context", "create", "newer", "--docker", `host=${engine.host}`];
      assert.equal((await engine.run("docker", context, byContext())).status, 0);
      mkdirSync(join(deployment.folder, "shop"));
      write("package.json", JSON.stringify({ name: "shop", private: true }));
      const url = "postgres://shop:${secret.databasePassword|url}@${database.host}:${database.port}/shop";
      write("berth.json", JSON.stringify({ env: { DATABASE_URL: url } }));
      write("Dockerfile", dockerfile);
      write("server.js", server("first"));
    });
    after(async () => {
      await engine.remove();
      deployment.discard();
    });

    /** Names the engine by a docker context, and by nothing else. */
    const byContext = () => ({
      ...{ DOCKER_CONFIG: join(deployment.folder, "docker"), DOCKER_CONTEXT: "newer", DOCKER_HOST: "" },
    });

    /** Inside the engine's namespace, where its ports are. */
    async function berth(...args: readonly string[]): Promise<string> {
      const words = [process.execPath, "cli/berth.mjs", ...args, "--stack", deployment.stack];
      const { status, stdout, stderr } = await engine.run(
        "sh",
        ["-c", 'cd "$0" && exec "$@"', deployment.folder, ...words],
        { ...byContext(), BERTH_ALLOW_GENERATED_PASSPHRASE: "1", NO_PROXY: proxyPassword },
      );
      assert.equal(status, 0, stdout + stderr);
      return stdout + stderr;
    }
    const answer = async () => {
      const ask = `fetch("http://127.0.0.1:${port}/").then((answer) => answer.text()).then(console.log)`;
      return (await engine.run(process.execPath, ["-e", ask])).stdout.trim();
    };

    test("comes up and serves through a docker context: image by BuildKit, names, secrets, a port on loopback", async () => {
      assert.match(await berth("up"), new RegExp(`engine ${engineVersion.replaceAll(".", "\\.")}`));
      assert.equal(await answer(), "first N true");
    });

    test("its image says what it was built from, and not through which proxy", async () => {
      const [app] = JSON.parse(
        (await engine.run("sh", ["-c", 'docker inspect "$(docker ps -q --filter label=berth.part=app)"']))
          .stdout,
      ) as { Config: { Image: string } }[];
      const signs = [
        '"predicateType":"https://slsa.dev/provenance/v1"',
        `pkg:docker/${(await baseImage("node")).replace(/[:@].*/, "")}@`,
        proxyPassword,
      ];
      const found = await engine.run(...findInImage(app?.Config.Image ?? "", signs));
      assert.deepEqual(new Set(found.stdout.trim().split("\n")), new Set(signs.slice(0, 2)), found.stderr);
    });

    test("nothing of it is other than declared", async () => {
      await berth("drift");
    });

    test("takes a release", async () => {
      write("server.js", server("second"));
      await berth("up");
      assert.equal(await answer(), "second N true");
    });
  },
);
