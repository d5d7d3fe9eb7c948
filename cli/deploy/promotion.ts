import { isByDigest } from "../../releases/image-names.ts";
import { keptPaper } from "../../releases/image-contents.ts";
import { signatureProblem } from "../../releases/signature.ts";
import type { Docker } from "../../system/docker.ts";
import { imagePattern } from "../../stacks/release.ts";
import { checkout } from "../checkout.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { projectName } from "../settings/project.ts";
import { releasesOf, type KnownRelease } from "./release-records.ts";
import { readSettingsFile } from "../settings/settings-file.ts";
import { kindOfFile } from "../settings/stack-settings.ts";
import { stackDocker } from "../docker/stack-docker.ts";

/** An image that a stack is to run as it is. */
export interface Promotion {
  /** Reference by its digest. */
  readonly image: string;
  /** Where it was said to be: `stack staging`, `the command line`. */
  readonly from: string;
  /**
   * Its migrations and those that older releases cannot live with; unknown of an image that only
   * its reference was given of.
   */
  readonly schema:
    { readonly migrations: readonly string[] | null; readonly breaking: readonly string[] } | undefined;
}

const usage = (message: string) => new CommandError(message, exitCode.usage);

/**
 * What is promoted: the image of a stack's present release, or the one that a reference names.
 * @param source a stack's name, or `repository@sha256:…`
 * @param target stack that it is promoted to
 * @throws CommandError, SettingsError for what cannot be promoted, with the fix
 */
export async function promotionOf(
  env: NodeJS.ProcessEnv,
  source: string,
  target: string,
): Promise<Promotion> {
  refuseMounted(
    target,
    `no image can be promoted to it. Name the stage: npx berth promote ${source} --stack prod`,
  );
  if (/[@/:]/.test(source)) return byReference(source, target);
  if (source === target)
    throw usage(`Stack ${target} runs its own image. Name the stack that it comes from.`);
  refuseMounted(source, "there is no image of it to promote. Promote from a stack that deploys one");
  const docker = stackDocker(env, source);
  const [present] = await releasesOf(docker, source);
  if (present === undefined) {
    throw usage(`Stack ${source} has no recorded release. Deploy one: npx berth up --stack ${source}`);
  }
  if (!isByDigest(present.image)) {
    throw usage(
      `registry: release ${present.release} of stack ${source} was never pushed, and its image (${present.image}) is on its engine alone. ` +
        `Fix: pulumi config set registry registry.example.org/team/shop --stack ${source}, then npx berth up --stack ${source}`,
    );
  }
  refuseMissingLogin(source, target);
  await requireSignature(docker, present, source, target);
  const { image, migrations, breaking } = present;
  return { image, from: `stack ${source}`, schema: { migrations, breaking } };
}

/**
 * The public key of those whose releases a stack takes; undefined if it takes any.
 * @throws CommandError if it is encrypted: it could not be read here, and nothing would be checked
 */
function releaseKeyOf(target: string): string | undefined {
  const { values, secure } = settingsOf(target);
  if (!secure.includes("releaseKey")) return values["releaseKey"];
  throw usage(
    `releaseKey: is encrypted in Pulumi.${target}.yaml, and a public key is no secret. ` +
      `Fix: pulumi config set --plaintext releaseKey --stack ${target} < release.pub`,
  );
}

/** @throws CommandError if the target insists on a signature that the release does not have */
async function requireSignature(
  docker: Docker,
  release: KnownRelease,
  source: string,
  target: string,
): Promise<void> {
  const key = releaseKeyOf(target);
  if (key === undefined) return;
  const text = await keptPaper(docker, release, "signature", release.imageId);
  const [, digest = ""] = release.image.split("@");
  const problem = text === undefined ? "it is not signed" : signatureProblem(text, key, digest);
  if (problem === undefined) return;
  throw usage(
    `releaseKey: stack ${target} takes signed releases only, and release ${release.release} of stack ${source} cannot be promoted: ${problem}. ` +
      `Fix: npx berth sign --key FILE --stack ${source}, with the private key of releaseKey`,
  );
}

function byReference(image: string, target: string): Promotion {
  if (releaseKeyOf(target) !== undefined) {
    throw usage(
      `releaseKey: stack ${target} takes signed releases only, and signatures lie with the releases of a stack. Fix: name the stack that runs ${image}`,
    );
  }
  if (isByDigest(image) && imagePattern.test(image))
    return { image, from: "its registry", schema: undefined };
  throw usage(
    `${image} names no image by its digest, and a tag may move. Fix: name@sha256:…, as npx berth releases shows it for the stack that runs it`,
  );
}

/** @throws CommandError for a stack that runs the sources of the checkout instead of an image's */
function refuseMounted(stack: string, why: string): void {
  if (kindOfFile(stack, settingsOf(stack)) !== "dev") return;
  throw usage(`Stack ${stack} runs the sources of app/ as they are; ${why}.`);
}

/** A private registry would refuse the target's engine in the middle of the deployment. */
function refuseMissingLogin(source: string, target: string): void {
  const logsIn = (stack: string) => {
    const { values, secure } = settingsOf(stack);
    return "registryUser" in values || secure.includes("registryUser");
  };
  if (!logsIn(source) || logsIn(target)) return;
  throw usage(
    `registryUser: stack ${source} logs in to its registry, and ${target} does not. Fix: pulumi config set registryUser NAME --stack ${target}, ` +
      `and pulumi config set --secret registryPassword --stack ${target}`,
  );
}

const settingsOf = (stack: string) => readSettingsFile(checkout.settingsFile(stack), projectName());
