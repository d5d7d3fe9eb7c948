import { workerFiles } from "../../infra/rendering/nginx-main.ts";
import type { Container } from "../../system/container.ts";
import type { Docker } from "../../system/docker.ts";
import type { Finding } from "./finding.ts";

/**
 * Warns of an engine whose containers may open fewer files than Nginx has connections: it starts,
 * says so in its log, and refuses visitors under load. The stack does not ask for more by itself: a
 * container that asks for more than its engine may give does not start.
 * @param limit of the stack's Nginx; undefined if none runs
 */
export function fileLimitFindings(limit: number | undefined): Finding[] {
  if (limit === undefined || limit >= workerFiles) return [];
  return [
    {
      name: "Limits",
      state: "warning",
      text: `Nginx may open ${limit} files, and needs ${workerFiles} for all its connections`,
      remedy:
        "Raise the engine's default, in /etc/docker/daemon.json:\n" +
        '  {"default-ulimits": {"nofile": {"Name": "nofile", "Soft": 65536, "Hard": 65536}}}\n' +
        "Then restart Docker, which starts the containers with it.",
    },
  ];
}

/** How many files the stack's Nginx may open; undefined if none runs, or it does not say. */
export async function openFilesOf(
  docker: Docker,
  running: readonly Container[],
  stack: string,
): Promise<number | undefined> {
  const nginx = running.find((container) => container.stack === stack && container.part === "nginx");
  if (nginx === undefined) return undefined;
  const { code, stdout } = await docker.try(["exec", nginx.id, "sh", "-c", "ulimit -Hn"], { timeout: 5_000 });
  if (code !== 0) return undefined;
  return stdout.trim() === "unlimited" ? Infinity : Number(stdout);
}
