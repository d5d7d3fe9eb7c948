import { baseImageNames, baseImages, type BaseImageEntry } from "../../images/catalogue.ts";
import { askDigest, type DigestAnswer } from "../../images/lib/pin-digests.ts";
import { notSeen, type JudgedPin, type Judgement, type Pin } from "./pin.ts";
import { registryTags } from "./registry-tags.ts";
import { newestAfter } from "./version-order.ts";

/** An official image of the catalogue. */
export interface ImagePin extends Pin {
  /** Digest that the tag had when it was pinned. */
  readonly digest?: string;
  /** How many leading numbers of its tag stay. */
  readonly line: number;
}

/** Official images of the catalogue. */
export function imagePins(): ImagePin[] {
  return baseImageNames.flatMap((image): ImagePin[] => {
    const { official, line = 1 }: BaseImageEntry = baseImages[image];
    if (official === null) return [];
    const [reference = "", digest] = official.split("@");
    const colon = reference.lastIndexOf(":");
    const pin = { name: reference.slice(0, colon), pinned: reference.slice(colon + 1) };
    return [{ kind: "image", ...pin, line, ...(digest === undefined ? {} : { digest }) }];
  });
}

/** What the two registries are asked, so that tests can ask others. */
export interface ImageQuestions {
  readonly tags: (repository: string) => Promise<readonly string[]>;
  readonly digest: (tag: string) => Promise<DigestAnswer>;
}

/**
 * Asks the registry for newer tags, and the engine whether the pinned tag names another image by
 * now: vendors build the same version again when the packages below it were mended.
 */
export async function judgeImagePin(
  { digest, line, ...pin }: ImagePin,
  ask: ImageQuestions = { tags: registryTags, digest: askDigest },
): Promise<JudgedPin> {
  try {
    const newest = newestAfter(pin.pinned, await ask.tags(pin.name), line);
    if (newest !== undefined) return { ...pin, state: "behind", newest };
    return { ...pin, ...(digest === undefined ? { state: "current" } : await rebuilt(pin, digest, ask)) };
  } catch (error) {
    return { ...pin, ...notSeen(error) };
  }
}

async function rebuilt({ name, pinned }: Pin, digest: string, ask: ImageQuestions): Promise<Judgement> {
  const answer = await ask.digest(`${name}:${pinned}`);
  if ("reason" in answer) return { state: "not seen", note: answer.reason };
  if (answer.digest === digest) return { state: "current" };
  return { state: "behind", newest: `${pinned}@${answer.digest}`, note: "the same version, built again" };
}
