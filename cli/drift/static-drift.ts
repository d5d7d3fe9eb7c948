import { z } from "zod";
import { edgePaths } from "../../infra/rendering/edge-paths.ts";
import type { Container } from "../../system/container.ts";
import type { Docker } from "../../system/docker.ts";
import { resourceName, type Deployment } from "../pulumi/deployment.ts";
import type { Drift } from "./drift.ts";

/** Content hash of the release, the volume, and folders of the image with where they are served. */
const triggers = z.tuple([z.string(), z.string(), z.array(z.string())]);

const listing = 'cd "$1" 2>/dev/null && find . -type f -exec sha256sum {} +';

/** Hashes by path, as `sha256sum` prints them. */
export function hashes(printed: string): Map<string, string> {
  return new Map(
    printed
      .split("\n")
      .filter((line) => line.includes("  "))
      .map((line) => [
        line.slice(line.indexOf("  ") + 2).replace(/^\.\//, ""),
        line.slice(0, line.indexOf("  ")),
      ]),
  );
}

/**
 * Files of an image that are served with other content, or not at all. What is served beside them
 * may be of earlier releases.
 */
export function editedFiles(
  image: ReadonlyMap<string, string>,
  served: ReadonlyMap<string, string>,
): string[] {
  return [...image].flatMap(([path, hash]) => (served.get(path) === hash ? [] : [path])).sort();
}

/** Whether Nginx serves the static files of the image that runs. */
export async function staticDrift(
  docker: Docker,
  { resources }: Deployment,
  stack: string,
  app: Container,
  nginx: Container,
): Promise<Drift[]> {
  const publish = resources.find(
    ({ delete: replaced, urn }) => replaced !== true && resourceName(urn) === "assets-publish",
  );
  const read = triggers.safeParse(publish?.inputs?.["triggers"]);
  if (publish === undefined || !read.success) return [];
  const [content, volume, folders] = read.data;
  const list = async (container: Container, folder: string) => {
    const { code, stdout } = await docker.try(["exec", container.id, "sh", "-c", listing, "sh", folder]);
    return code === 0 ? hashes(stdout) : undefined;
  };
  const edited: string[] = [];
  for (let index = 0; index + 1 < folders.length; index += 2) {
    const [folder = "", at = ""] = folders.slice(index, index + 2);
    const [image, served] = [await list(app, folder), await list(nginx, `${edgePaths.assets}/served${at}`)];
    // An application's image may have no shell, and a folder that it lacks has no files.
    if (image !== undefined)
      edited.push(...editedFiles(image, served ?? new Map()).map((path) => `${at}${path}`));
  }
  if (edited.length === 0) return [];
  const remove = `docker run --rm --user 0:0 --network none --volume ${volume}:/assets --entrypoint rm ${nginx.image} -rf /assets/releases/${content}`;
  return [
    {
      what: `static files ${edited.slice(0, 5).join(", ")}${edited.length > 5 ? " and others" : ""}`,
      how: "differ from those of the image that runs",
      fix: `${remove} && npx berth up --stack ${stack} -- --replace '${publish.urn}'`,
    },
  ];
}
