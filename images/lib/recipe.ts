import { createHash, type Hash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { baseImages, debianPackagesOf, type BaseImageEntry, type BaseImageName } from "../catalogue.ts";
import type { ImageSource } from "../../stacks/stack-config.ts";
import { readMachineCa } from "./machine-ca.ts";

/** Folder of all recipes, absolute. */
export const imagesFolder = join(import.meta.dirname, "..");

/** Folder of a base image's recipe, absolute. */
export function recipeFolder(name: BaseImageName): string {
  return join(imagesFolder, baseImages[name].recipe);
}

/**
 * What a Debian-built image is made of, as 12 hex digits: every file of the recipe with its
 * executable bit, what the recipe builds on, and the day of Debian's packages. Equal on every
 * machine that has the same checkout, except for `machine-ca`, whose content is the machine's own.
 */
export function recipeHash(name: BaseImageName, environment: NodeJS.ProcessEnv): string {
  if (name === "machine-ca") return readMachineCa(environment).hash;
  const hash = createHash("sha256").update(debianPackagesOf);
  const { base, arguments: given, suite }: BaseImageEntry = baseImages[name];
  if (base !== null) hash.update(recipeHash(base, environment));
  if (given !== undefined || suite !== undefined) hash.update(JSON.stringify([suite, given]));
  addFolder(hash, recipeFolder(name));
  return hash.digest("hex").slice(0, 12);
}

/** Labels of a Debian-built image. */
export function recipeLabels(name: BaseImageName, environment: NodeJS.ProcessEnv): Record<string, string> {
  return {
    "berth.image": name,
    "berth.recipe": recipeHash(name, environment),
    "berth.base": baseImages[name].base ?? "",
  };
}

/** Adds a folder's files to a hash: paths, executable bits and content. */
export function addFolder(hash: Hash, folder: string): void {
  for (const path of recipeFiles(folder)) {
    const executable = (statSync(path).mode & 0o100) !== 0;
    const content = readFileSync(path);
    hash
      .update(`\0${relative(folder, path)}\0${executable ? "x" : "-"}\0${content.length}\0`)
      .update(content);
  }
}

/** The reference of a base image's Debian-built equivalent, known without building it. */
export function debianReference(name: BaseImageName, environment: NodeJS.ProcessEnv): string {
  const { version } = baseImages[name];
  const hash = recipeHash(name, environment);
  return `berth/${name}:${version === "" ? hash : `${version}-${hash}`}`;
}

/** An image that an engine has or is to have. */
export interface ProvidedImage {
  readonly reference: string;
  /** `debian` for everything built here, the machine's CA bundle included. */
  readonly source: Exclude<ImageSource, "auto">;
}

/** The references that satisfy a source, the preferred one first. */
export function acceptableImages(
  name: BaseImageName,
  source: ImageSource,
  environment: NodeJS.ProcessEnv,
): ProvidedImage[] {
  const { official, unbuilt }: BaseImageEntry = baseImages[name];
  const candidates: ProvidedImage[] = [];
  if (official !== null && source !== "debian") candidates.push({ reference: official, source: "official" });
  if (unbuilt === undefined && (official === null || source !== "official")) {
    candidates.push({ reference: debianReference(name, environment), source: "debian" });
  }
  return candidates;
}

/**
 * The reference that users of a Debian-built image are given. It is the image's own, but for
 * `machine-ca`: people who deploy the same stack from different machines have different bundles,
 * and that alone must not look like a change. So the last deployer's bundle has one fixed name.
 */
export function stableReference(name: BaseImageName, environment: NodeJS.ProcessEnv): string {
  return name === "machine-ca" ? "berth/machine-ca:current" : debianReference(name, environment);
}

/**
 * The reference that a source is going to give, if that can be known beforehand; null where the
 * registry decides.
 */
export function expectedReference(
  name: BaseImageName,
  source: ImageSource,
  environment: NodeJS.ProcessEnv,
): string | null {
  const { official } = baseImages[name];
  if (official === null || source === "debian") return stableReference(name, environment);
  return source === "official" ? official : null;
}

function recipeFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
