/**
 * Whether a reference is of a registry's image: one that is gone from the engine can be pulled
 * again.
 */
export const isByDigest = (image: string) => image.includes("@sha256:");

/**
 * A reference's repository, and its tag if it has one. Docker Hub's host is left out, as engines do
 * in what they list; so is `library/`, the folder of its official images.
 * https://github.com/distribution/reference
 */
function partsOf(image: string): { readonly repository: string; readonly tag: string | undefined } {
  const [full = ""] = image.split("@");
  const name = full.replace(/^(?:index\.)?docker\.io\/(?:library\/)?/, "");
  const [, repository = name, tag] = /^(.+):([^/:]+)$/.exec(name) ?? [];
  return { repository, tag };
}

/** Tags as berth makes them; other tags were made by hand, and stay. */
const ownTag = /^[0-9a-f]{12}$/;

/**
 * The names under which an engine has an image of a record, those of other repositories and other
 * people's tags left out.
 * @param tags every `repository:tag` of the image on the engine
 */
export function ownNames(image: string, tags: readonly string[]): string[] {
  const { repository, tag } = partsOf(image);
  const own = tags.filter((name) => {
    const parts = partsOf(name);
    return parts.repository === repository && ownTag.test(parts.tag ?? "");
  });
  const named = tag !== undefined && ownTag.test(tag) ? [`${repository}:${tag}`] : [];
  return [...new Set([...own, ...named, image])];
}

/**
 * Tags that a pulled image may get, the first that is free being the one: Docker takes an image
 * that has a digest only for a leftover, and `docker image prune` would remove what one goes back
 * to.
 * @param tags every `repository:tag` of the image on the engine
 * @returns none if it has one
 */
export function missingTags(image: string, tags: readonly string[]): string[] {
  const { repository, tag } = partsOf(image);
  const digest = image.split("@sha256:")[1];
  if (digest === undefined || tags.some((name) => partsOf(name).repository === repository)) return [];
  return [...(tag !== undefined && ownTag.test(tag) ? [tag] : []), digest.slice(0, 12)].map(
    (name) => `${repository}:${name}`,
  );
}
