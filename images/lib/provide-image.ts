import { createHash } from "node:crypto";
import { join } from "node:path";
import { madeCacheFolder } from "../../system/cache-folder.ts";
import { withLock } from "../../system/file-lock.ts";
import { baseImages, type BaseImageEntry, type BaseImageName } from "../catalogue.ts";
import type { ImageSource } from "../../stacks/stack-config.ts";
import { buildImage } from "./build-image.ts";
import { DockerEngine } from "./docker-engine.ts";
import { pullImage } from "./pull-image.ts";
import {
  acceptableImages,
  debianReference,
  recipeFolder,
  recipeLabels,
  stableReference,
  type ProvidedImage,
} from "./recipe.ts";
import { RegistryAnswer } from "./registry-answer.ts";

/** Whom to tell what happens, and what ends it. */
export interface ProvideOptions {
  readonly say: (image: BaseImageName, text: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes a base image available on the engine. An image that is there already costs one look;
 * nothing is pulled or built again. Safe to run any number of times, at once as well, and to
 * interrupt.
 *
 * `auto` takes the official image, and builds the Debian equivalent when the registry does not give
 * it.
 */
export async function provideImage(
  name: BaseImageName,
  source: ImageSource,
  options: ProvideOptions,
): Promise<ProvidedImage> {
  const engine = new DockerEngine({ signal: options.signal });
  const image = (await findImage(engine, name, source)) ?? (await obtainOnce(engine, name, source, options));
  const stable = image.source === "debian" ? stableReference(name, process.env) : image.reference;
  if (stable !== image.reference) await engine.tag(image.reference, stable);
  return { ...image, reference: stable };
}

/** Lets one process of this machine do the work, and the others use what it leaves. */
function obtainOnce(
  engine: DockerEngine,
  name: BaseImageName,
  source: ImageSource,
  options: ProvideOptions,
): Promise<ProvidedImage> {
  const lock = {
    signal: options.signal,
    onWait: (pid: number) => {
      options.say(name, `waiting for process ${pid}, which is providing it already`);
    },
  };
  const file = createHash("sha256").update(`${engine.key} ${name}`).digest("hex").slice(0, 24);
  return withLock(join(madeCacheFolder(process.env, "images", "locks"), `${file}.lock`), lock, async () => {
    return (await findImage(engine, name, source)) ?? (await obtainImage(engine, name, source, options));
  });
}

async function findImage(
  engine: DockerEngine,
  name: BaseImageName,
  source: ImageSource,
): Promise<ProvidedImage | null> {
  const candidates = acceptableImages(name, source, process.env);
  const present = await engine.present(candidates.map(({ reference }) => reference));
  return candidates.find(({ reference }) => present.has(reference)) ?? null;
}

async function obtainImage(
  engine: DockerEngine,
  name: BaseImageName,
  source: ImageSource,
  options: ProvideOptions,
): Promise<ProvidedImage> {
  const say = (text: string): void => {
    options.say(name, text);
  };
  const { official, base, arguments: given, suite, unbuilt }: BaseImageEntry = baseImages[name];
  let reason = official === null ? "every machine has its own" : "Debian packages were asked for";
  if (official !== null && source !== "debian") {
    const answer = new RegistryAnswer(madeCacheFolder(process.env, "images", "registry"), engine.key);
    const problem =
      source === "auto" && answer.recentFailure() !== null
        ? answer.recentFailure()
        : await pullImage(engine, official, { say });
    if (problem === null) {
      say(`official image ${official}`);
      return { reference: official, source: "official" };
    }
    if (source === "official") {
      throw new Error(
        `The official image ${official} could not be pulled: ${problem}\n` +
          "Give the Docker engine a way to the registry (or a mirror), or set imageSource to auto or debian.",
      );
    }
    if (isPullLimit(problem)) throw new Error(limitMessage(official, problem));
    if (!concernsOneImage(problem)) answer.rememberFailure(problem);
    reason = `no official image: ${problem}`;
  }
  if (unbuilt !== undefined) {
    throw new Error(
      `${name}: ${reason}, and ${unbuilt}. Set postgresVersion to another version, or give the engine a way to the registry.`,
    );
  }
  const reference = debianReference(name, process.env);
  say(`building ${reference} (${reason})`);
  const buildArguments: Record<string, string> = { ...given };
  if (base !== null) {
    buildArguments["BASE_IMAGE"] = (await provideImage(base, "debian", options)).reference;
    buildArguments["CA_IMAGE"] = (await provideImage("machine-ca", "debian", options)).reference;
  }
  await buildImage(engine, {
    name,
    suite,
    folder: recipeFolder(name),
    labels: recipeLabels(name, process.env),
    reference,
    buildArguments,
    say,
    signal: options.signal,
  });
  say(`built ${reference}`);
  return { reference, source: "debian" };
}

/** Whether a registry answered, and merely lacks this image or keeps it to itself. */
function concernsOneImage(problem: string): boolean {
  return /manifest|not found|access denied|no matching/i.test(problem);
}

/**
 * Whether a registry answered that it gives no more for now. An equivalent would be no way out:
 * it takes root and minutes, and exchanges images that the next deployment can have again.
 * https://docs.docker.com/docker-hub/usage/pulls/
 */
export function isPullLimit(problem: string): boolean {
  return /toomanyrequests: |too many requests|pull rate limit/i.test(problem);
}

function limitMessage(official: string, problem: string): string {
  const registry = official.split("/").length > 2 ? (official.split("/")[0] ?? "") : "";
  return (
    `The registry limits pulls, and gave no ${official}: ${problem}\n` +
    `Fix: docker login${registry === "" ? "" : ` ${registry}`} (on this machine, which raises the limit), wait and run it again, ` +
    "or build Debian's equivalents: pulumi config set imageSource debian --stack STACK"
  );
}
