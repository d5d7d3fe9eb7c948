import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { componentsOf, type Component, type ImageContents } from "../../releases/cyclonedx.ts";
import { imageContents } from "../../releases/image-contents.ts";
import type { KeptRecord } from "../../releases/record.ts";
import { dockerCommand } from "../../system/docker-commands.ts";
import type { Docker } from "../../system/docker.ts";
import { isKnown, type Plan } from "./preview-steps.ts";

/** A package whose versions differ; a name is there once for npm and once for Debian. */
export interface PackageChange {
  readonly of: "npm" | "Debian";
  readonly name: string;
  /** Versions, separated by commas; empty if there is none. */
  readonly before: string;
  readonly after: string;
}

/** How the application's image would change. */
export interface ImageDifference {
  readonly before: { readonly image: string; readonly bytes: number };
  /** Undefined as long as the engine has no such image: `berth build` makes it. */
  readonly after: { readonly image: string; readonly bytes: number } | undefined;
  /** Of npm alone, and without platforms' own packages, as long as the image is not built. */
  readonly packages: readonly PackageChange[];
}

/** The image that a plan would run, if it is another one, and known before the update. */
export function nextImage({ changes }: Plan): string | undefined {
  const change = changes.find(
    ({ resource, type }) => resource === "app-image" && type === "docker:index/remoteImage:RemoteImage",
  );
  const [old, wanted] = [change?.before["name"], change?.after["name"]];
  return typeof wanted === "string" && isKnown(wanted) && wanted !== old ? wanted : undefined;
}

/**
 * Compares the image that runs with the next one, or until that is built with the lockfile.
 * @param folder of the application
 * @returns undefined if the one that runs is gone from the engine
 */
export async function imageDifference(
  docker: Docker,
  present: KeptRecord,
  next: string,
  folder: string,
): Promise<ImageDifference | undefined> {
  const bytes = await sizeOf(docker, present.imageId);
  if (bytes === undefined) return undefined;
  const before = { image: present.image, bytes };
  const built = await sizeOf(docker, next);
  const old = await imageContents(docker, present.imageId);
  if (built !== undefined) {
    const packages = packageChanges(componentsOf(old), componentsOf(await imageContents(docker, next)));
    return { before, after: { image: next, bytes: built }, packages };
  }
  const lockfile = join(folder, "package-lock.json");
  if (old.npm === undefined || !existsSync(lockfile)) return { before, after: undefined, packages: [] };
  const packages = packageChanges(
    componentsOf(npmOnly(old.npm)),
    componentsOf(npmOnly(readFileSync(lockfile, "utf8"))),
  );
  return { before, after: undefined, packages };
}

/** @returns undefined if the engine has no such image */
async function sizeOf(docker: Docker, image: string): Promise<number | undefined> {
  const { code, stdout } = await docker.try(dockerCommand.inspect("image", [image], "{{.Size}}"));
  return code === 0 ? Number(stdout.trim()) : undefined;
}

const locked = z.object({
  packages: z.record(
    z.string(),
    z.looseObject({
      dev: z.boolean().optional(),
      devOptional: z.boolean().optional(),
      optional: z.boolean().optional(),
    }),
  ),
});

/** What every platform installs in production: an image has only what its own one takes. */
function npmOnly(lockfile: string): ImageContents {
  const { packages } = locked.parse(JSON.parse(lockfile));
  const required = Object.entries(packages).filter(
    ([, { dev, devOptional, optional }]) => dev !== true && devOptional !== true && optional !== true,
  );
  const npm = JSON.stringify({ packages: Object.fromEntries(required) });
  return { npm, dpkg: undefined, system: undefined };
}

/** Packages that are not in both images in the same versions. */
export function packageChanges(before: readonly Component[], after: readonly Component[]): PackageChange[] {
  const [old, wanted] = [versions(before), versions(after)];
  return [...new Set([...old.keys(), ...wanted.keys()])].sort().flatMap((key): PackageChange[] => {
    const [of = "", name = ""] = key.split(" ");
    const [from, to] = [old.get(key) ?? "", wanted.get(key) ?? ""];
    return from === to ? [] : [{ of: of === "npm" ? "npm" : "Debian", name, before: from, after: to }];
  });
}

function versions(components: readonly Component[]): Map<string, string> {
  const found = new Map<string, Set<string>>();
  for (const { name, purl, version } of components) {
    const key = `${purl.startsWith("pkg:npm/") ? "npm" : "deb"} ${name}`;
    found.set(key, (found.get(key) ?? new Set()).add(version));
  }
  return new Map([...found].map(([key, all]) => [key, [...all].sort().join(", ")]));
}
