import assert from "node:assert/strict";
import { test } from "node:test";
import { containerLike } from "../../cli/running/container-like.ts";
import { shownEnvironment } from "../../cli/running/shown-moment.ts";

test("an application that is shown on loopback has that address, and knows of no proxy", () => {
  const env = {
    PUBLIC_URL: "${publicUrl}",
    PUBLIC_URLS: "${publicUrls}",
    TRUST_PROXY: "${trustProxy}",
    MEDIA_ACCEL: "${mediaAccel}",
    DATABASE_HOST: "${database.host}",
    CALLBACK: "${publicUrl}/callback",
    TITLE: "fixed",
  };
  const { PUBLIC_URLS, ...others } = shownEnvironment(env, 8099);
  assert.match(PUBLIC_URLS ?? "", /^http:\/\/127\.0\.0\.1:8099,http:\/\/localhost:\*/);
  assert.deepEqual(others, {
    PUBLIC_URL: "http://127.0.0.1:8099",
    TRUST_PROXY: undefined,
    MEDIA_ACCEL: undefined,
    CALLBACK: "http://127.0.0.1:8099/callback",
  });
});

test("a container like another one differs in what is named, and in nothing else", () => {
  const inspection = JSON.stringify([
    {
      Image: "sha256:abc",
      Config: {
        Env: ["A=1", "B=two=2", "C=3"],
        User: "",
        WorkingDir: "/app",
        Entrypoint: ["node"],
        Cmd: ["src/main.ts"],
      },
      HostConfig: {},
      Mounts: [
        { Type: "volume", Name: "uploads", Source: "/x", Destination: "/uploads", RW: true },
        { Type: "volume", Name: "secrets", Source: "/y", Destination: "/run/secrets/app", RW: false },
      ],
      NetworkSettings: { Networks: { internal: {}, edge: {} } },
    },
  ]);
  const mounts = { "/uploads": "type=volume,source=then,target=/uploads,readonly" };
  const like = containerLike(inspection, {
    name: "shown",
    labels: { "berth.part": "shown" },
    env: { B: undefined, C: "4" },
    mounts,
    networks: ["own"],
    options: ["--network-alias", "postgres"],
  });
  assert.deepEqual(like, {
    create: [
      ...["create", "--rm", "--name", "shown", "--label", "berth.part=shown", "--workdir", "/app"],
      ...["--env", "A=1", "--env", "C=4", "--mount", mounts["/uploads"]],
      ...["--mount", "type=volume,source=secrets,target=/run/secrets/app,readonly", "--network", "own"],
      ...["--network-alias", "postgres", "--entrypoint", "node", "sha256:abc", "src/main.ts"],
    ],
    networks: [],
  });
});
