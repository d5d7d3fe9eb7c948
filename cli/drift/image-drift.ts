import { z } from "zod";
import type { Container } from "../../system/container.ts";
import type { Docker } from "../../system/docker.ts";
import type { Drift } from "./drift.ts";

const inspected = z.array(z.object({ Id: z.string(), RepoTags: z.array(z.string()).nullish() }));

/** What a container runs: the name that it was given, and the image that it got for it. */
export interface RunImage {
  readonly container: string;
  /** Name as the program gave it. */
  readonly reference: string;
  /** Id of the image that runs. */
  readonly id: string;
}

/** Names of images that meanwhile belong to another image than the one that runs. */
export function movedTags(run: readonly RunImage[], images: string): Drift[] {
  const owner = new Map(
    inspected
      .parse(JSON.parse(images))
      .flatMap(({ Id, RepoTags }) => (RepoTags ?? []).map((tag) => [tag, Id])),
  );
  const moved = run.filter(({ id, reference }) => (owner.get(reference) ?? id) !== id);
  const references = [...new Set(moved.map(({ reference }) => reference))];
  return references.map((reference) => {
    const those = moved.filter((one) => one.reference === reference);
    return {
      what: `image ${reference}`,
      how: `is another one than ${those.map(({ container }) => container).join(", ")} runs`,
      fix: `docker tag ${those[0]?.id ?? ""} ${reference}`,
    };
  });
}

/** The same for the running containers of a stack. */
export async function imageDrift(docker: Docker, containers: readonly Container[]): Promise<Drift[]> {
  const running = containers.filter(({ status }) => status === "running");
  if (running.length === 0) return [];
  const format = "{{.Image}} {{.Config.Image}}";
  const lines = (await docker.run(["inspect", "--format", format, ...running.map(({ id }) => id)]))
    .trim()
    .split("\n");
  const run = lines.map((line, index) => {
    const [id = "", reference = ""] = line.split(" ");
    return { container: running[index]?.name ?? "", id, reference };
  });
  const named = [...new Set(run.map(({ reference }) => reference))].filter(
    (one) => !one.includes("@") && !one.startsWith("sha256:"),
  );
  const found = await docker.try(["image", "inspect", ...named]);
  // An image that is gone is not printed, and refreshing tells of it.
  return found.stdout.trimStart().startsWith("[") ? movedTags(run, found.stdout) : [];
}
