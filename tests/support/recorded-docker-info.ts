import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { answers, parseDockerInfo, type DockerInfo } from "../../cli/docker/docker-info.ts";

/** What Debian 12's engine answered to `docker info --format '{{json .}}'`. */
const recorded = JSON.parse(
  readFileSync(join(import.meta.dirname, "docker-info/debian-12-20.10.json"), "utf8"),
) as Record<string, unknown>;

/** The same from another host, as far as it differs. */
export function infoOf(changes: Record<string, unknown> = {}): DockerInfo {
  const asked = parseDockerInfo(JSON.stringify({ ...recorded, ...changes }));
  assert.ok(answers(asked));
  return asked;
}
