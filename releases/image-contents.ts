import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import type { Docker } from "../system/docker.ts";
import { cycloneDx, type ImageContents } from "./cyclonedx.ts";
import { provenance } from "./provenance.ts";
import type { KeptRecord, ReleaseRecord } from "./record.ts";

/** Where a container that is never started has the volume of a release's record. */
const mountPoint = "/berth-record";

/** What is kept with a release, by its file in the volume of the record. */
export const paperFiles = {
  sbom: "sbom.cdx.json",
  provenance: "provenance.json",
  /** The provenance once more, signed. */
  signature: "provenance.dsse.json",
} as const;

/**
 * Makes a container of an image, never starts it, and removes it. Nothing of the image runs, so it
 * needs no shell.
 * @param volume is mounted in it
 */
async function unstarted<T>(
  docker: Docker,
  image: string,
  volume: string | undefined,
  use: (container: string, work: string) => Promise<T>,
): Promise<T> {
  const mounts = volume === undefined ? [] : ["--volume", `${volume}:${mountPoint}`];
  const container = (await docker.run(["create", "--network=none", ...mounts, image, "true"])).trim();
  const work = mkdtempSync(join(tmpdir(), "berth-image-"));
  try {
    return await use(container, work);
  } finally {
    await docker.try(["rm", "--force", container]);
    rmSync(work, { recursive: true, force: true });
  }
}

/** A file of a container as text; undefined if it has none. */
async function read(docker: Docker, container: string, work: string, path: string) {
  const file = join(work, posix.basename(path));
  // With -L: os-release is a link.
  const { code } = await docker.try(["cp", "-L", `${container}:${path}`, file]);
  return code === 0 ? readFileSync(file, "utf8") : undefined;
}

async function contentsIn(docker: Docker, container: string, work: string): Promise<ImageContents> {
  const format = "--format={{.Config.WorkingDir}}";
  const folder = (await docker.run(["container", "inspect", format, container])).trim();
  const npm = posix.join(folder === "" ? "/" : folder, "node_modules/.package-lock.json");
  return {
    npm: await read(docker, container, work, npm),
    dpkg: await read(docker, container, work, "/var/lib/dpkg/status"),
    system: await read(docker, container, work, "/etc/os-release"),
  };
}

/**
 * Reads what an image says of its contents.
 * @param image reference or id of an image on the engine
 */
export async function imageContents(docker: Docker, image: string): Promise<ImageContents> {
  return unstarted(docker, image, undefined, (container, work) => contentsIn(docker, container, work));
}

/** The bill of materials of a release's image. */
export function billOf({ at, image, imageId, release }: ReleaseRecord, contents: ImageContents): object {
  return cycloneDx({ name: image, version: release, imageId, at }, contents);
}

/**
 * Keeps a release's bill of materials and provenance in the volume of its record, which outlives
 * the image.
 */
export async function keepPapers(docker: Docker, record: ReleaseRecord, volume: string, stack: string) {
  await unstarted(docker, record.imageId, volume, async (container, work) => {
    const papers = join(work, "papers");
    mkdirSync(papers);
    const write = (file: string, content: object) => {
      writeFileSync(join(papers, file), `${JSON.stringify(content, null, 2)}\n`);
    };
    write(paperFiles.sbom, billOf(record, await contentsIn(docker, container, work)));
    write(paperFiles.provenance, provenance(record, stack));
    await docker.run(["cp", `${papers}/.`, `${container}:${mountPoint}`]);
  });
}

/**
 * Keeps one paper more with a release, or another one in its place.
 * @param image any image of the engine: a volume is written through a container
 */
export async function keepPaper(
  docker: Docker,
  { volume }: KeptRecord,
  paper: keyof typeof paperFiles,
  image: string,
  content: string,
): Promise<void> {
  await unstarted(docker, image, volume, async (container, work) => {
    const file = join(work, paperFiles[paper]);
    writeFileSync(file, content);
    await docker.run(["cp", file, `${container}:${mountPoint}/${paperFiles[paper]}`]);
  });
}

/**
 * What was kept with a release.
 * @param image any image of the engine: a volume is read through a container
 * @returns undefined if nothing was
 */
export async function keptPaper(
  docker: Docker,
  { volume }: KeptRecord,
  paper: keyof typeof paperFiles,
  image: string,
): Promise<string | undefined> {
  return unstarted(docker, image, volume, (container, work) =>
    read(docker, container, work, `${mountPoint}/${paperFiles[paper]}`),
  );
}
