import { createHash } from "node:crypto";
import { join } from "node:path";
import { madeCacheFolder } from "../../system/cache-folder.ts";
import { withLock } from "../../system/file-lock.ts";
import { debianPackagesOf } from "../catalogue.ts";
import { buildImage } from "./build-image.ts";
import { DockerEngine } from "./docker-engine.ts";
import { addFolder, imagesFolder } from "./recipe.ts";

/** Images that are built on another image of the stack, whichever that is, with what they add. */
export const derivedImages = {
  backup: "backups: pgBackRest, restic and the program that runs them, on the stack's Postgres image",
  watcher:
    "the watcher: Python and the program that looks at the stack and tells people, on its Debian image",
} as const;

/** Name of a derived image. */
export type DerivedImageName = keyof typeof derivedImages;

/**
 * What a derived image adds, as 12 hex digits: the files of its recipe, and the day of Debian's
 * packages.
 */
export function derivedRecipeHash(name: DerivedImageName): string {
  const hash = createHash("sha256").update(debianPackagesOf);
  addFolder(hash, join(imagesFolder, name));
  return hash.digest("hex").slice(0, 12);
}

/** The reference of a derived image, known without building it. */
function derivedReference(name: DerivedImageName, base: string): string {
  const hash = createHash("sha256")
    .update(`${derivedRecipeHash(name)} ${base}`)
    .digest("hex");
  return `berth/${name}:${hash.slice(0, 12)}`;
}

/** Whom to tell what happens, and what ends it. */
export interface DeriveOptions {
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes a derived image available on the engine; one that is there already costs one look. Safe to
 * run at once with itself, and to interrupt.
 * @param base reference of an image that is on the engine
 */
export async function deriveImage(
  name: DerivedImageName,
  base: string,
  { say, signal }: DeriveOptions,
): Promise<string> {
  const engine = new DockerEngine({ signal });
  const reference = derivedReference(name, base);
  const isPresent = async () => (await engine.present([reference])).has(reference);
  if (await isPresent()) return reference;
  const file = createHash("sha256").update(`${engine.key} ${reference}`).digest("hex").slice(0, 24);
  const onWait = (pid: number) => {
    say(`waiting for process ${pid}, which is building it already`);
  };
  const lock = join(madeCacheFolder(process.env, "images", "locks"), `${file}.lock`);
  await withLock(lock, { signal, onWait }, async () => {
    if (await isPresent()) return;
    say(`building ${reference} on ${base}`);
    await buildImage(engine, {
      name,
      folder: join(imagesFolder, name),
      labels: { "berth.image": name, "berth.recipe": derivedRecipeHash(name), "berth.base": base },
      reference,
      buildArguments: { BASE_IMAGE: base },
      say,
      signal,
    });
    say(`built ${reference}`);
  });
  return reference;
}
