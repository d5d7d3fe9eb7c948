import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { dockerRun } from "../../infra/rendering/docker-run.ts";
import { join as shellWords } from "shlex";

test("words come back from a shell as they were", () => {
  const words = ["plain", "two words", "it's", '"$HOME"', "`id`", "a\nb", "", "$(id)", "\\"];
  const back = execFileSync("sh", [
    "-c",
    `for word in ${shellWords(words)}; do printf '%s\\0' "$word"; done`,
  ]);
  assert.deepEqual(back.toString().split("\0").slice(0, -1), words);
});

test("a one-shot container has no capability, no privilege to gain and a read-only root", () => {
  const line = dockerRun({
    image: "berth/app:1",
    command: ["node", "src/migrate.ts", "up"],
    labels: { "berth.stack": "dev" },
    network: "internal",
    volumes: [{ name: "secrets", target: "/run/secrets" }],
    environment: { GREETING: "good day" },
    memory: 256,
  });
  assert.equal(
    line,
    "docker run --rm --label=berth.stack=dev --network=internal --read-only --tmpfs=/tmp --cap-drop=ALL " +
      "--security-opt=no-new-privileges --pids-limit=128 --memory=256m --memory-swap=256m " +
      "--volume=secrets:/run/secrets:ro '--env=GREETING=good day' berth/app:1 node src/migrate.ts up",
  );
});
