import { z } from "zod";
import {
  baseImageNames,
  baseImages,
  debianPackagesOf,
  type BaseImageEntry,
  type BaseImageName,
} from "../../images/catalogue.ts";
import { debianReference } from "../../images/lib/recipe.ts";
import type { Docker } from "../../system/docker.ts";
import type { Finding } from "./finding.ts";

/** A base image that the engine has. */
export interface BaseImageAge {
  readonly name: BaseImageName;
  readonly source: "official" | "debian";
  /** By which the engine has it. */
  readonly reference: string;
  /** Since when it has no newer packages. */
  readonly since: Date;
  /** Whether its digest is pinned, so that the registry cannot give another one. */
  readonly pinned: boolean;
}

const dayMs = 86_400_000;

/** Debian's point releases come every two months; security fixes do not wait for them. */
const oldDays = 60;

/** The machine's own certificates, and files that are put on another image. */
const withoutPackages: readonly BaseImageName[] = ["machine-ca", "layer"];

const inspected = z.array(
  z.object({
    RepoTags: z.array(z.string()).nullish(),
    RepoDigests: z.array(z.string()).nullish(),
    Created: z.coerce.date(),
  }),
);

/** The base images of the checkout that an engine has. */
export async function baseImagesOn(docker: Docker, env: NodeJS.ProcessEnv): Promise<BaseImageAge[]> {
  const wanted = baseImageNames
    .filter((name) => !withoutPackages.includes(name))
    .map((name) => {
      const entry: BaseImageEntry = baseImages[name];
      return { name, official: entry.official, debian: debianReference(name, env) };
    });
  const references = wanted.flatMap(({ official, debian }) => [
    ...(official === null ? [] : [official]),
    debian,
  ]);
  const found = inspected.parse(JSON.parse(await docker.inspect("image", references)));
  const imageOf = (reference: string) => {
    const [tag = "", digest] = reference.split("@");
    const repository = tag.slice(0, tag.lastIndexOf(":"));
    return found.find(({ RepoTags, RepoDigests }) =>
      digest === undefined ? RepoTags?.includes(tag) : RepoDigests?.includes(`${repository}@${digest}`),
    );
  };
  return wanted.flatMap(({ name, official, debian }): BaseImageAge[] => {
    const image = official === null ? undefined : imageOf(official);
    if (official !== null && image !== undefined) {
      const pinned = official.includes("@");
      return [{ name, source: "official", reference: official, since: image.Created, pinned }];
    }
    if (imageOf(debian) === undefined) return [];
    // The files' own date is the same in every build.
    return [{ name, source: "debian", reference: debian, since: new Date(debianPackagesOf), pinned: true }];
  });
}

/** Says how old the base images are, and which of them a registry may exchange. */
export function imageAgeFindings(images: readonly BaseImageAge[], now: Date): Finding[] {
  if (images.length === 0) return [];
  const name = "Base images";
  const days = ({ since }: BaseImageAge) =>
    Math.max(0, Math.floor((now.getTime() - since.getTime()) / dayMs));
  const list = images.map((image) => `${image.name} ${days(image)}`).join(", ");
  const text = `days since their packages were updated: ${list}`;
  const old = images.filter((image) => days(image) > oldDays);
  const remedies = [
    ...(old.some(({ source }) => source === "official")
      ? ["Take newer tags into images/catalogue.ts, and run: npx berth images pin"]
      : []),
    ...(old.some(({ source }) => source === "debian")
      ? ["Set debianPackagesOf in images/catalogue.ts to today; the next up rebuilds the images."]
      : []),
  ];
  const loose = images.filter(({ pinned }) => !pinned).map((image) => image.name);
  return [
    old.length === 0
      ? { name, state: "ok", text }
      : {
          name,
          state: "warning",
          text,
          remedy: ["See what they lack: npx berth outdated", ...remedies].join("\n"),
        },
    ...(loose.length === 0
      ? []
      : [
          {
            name,
            state: "warning",
            text: `pinned by tag only, which a registry can move: ${loose.join(", ")}`,
            remedy: "npx berth images pin",
          } satisfies Finding,
        ]),
  ];
}
