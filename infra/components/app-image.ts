import { createHash } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { withLayer } from "../../declaration/dockerfile.ts";
import { generatedIgnore } from "../../declaration/generated-dockerfile.ts";
import type { ImageOrigin } from "../../declaration/read-declaration.ts";
import { layerFolder } from "../facts/app-environment.ts";
import { buildFolder, buildLogFile } from "../facts/build-log.ts";
import { contextHash } from "../facts/content-hash.ts";
import type { Host, Identity } from "../policy/host.ts";
import type { MigrationLint } from "../migrations/lint-migrations.ts";
import { pulledImage, type PullArgs } from "../resources/pulled-image.ts";
import { pushedImage, type PushTarget } from "../resources/pushed-image.ts";

/** What an image is built from. */
export interface ImageBuild {
  host: Host;
  identity: Identity;
  /** Whether it is built here, and how. */
  origin: ImageOrigin;
  /** Image with what berth puts on top; nothing if unset. */
  layer?: pulumi.Input<string>;
  /** Values of the Dockerfile's ARGs that decide what is in the image. */
  buildArgs: Record<string, pulumi.Input<string>>;
  /**
   * Image with the CA bundle of a network that inspects TLS: its content reaches build stages only,
   * so it does not name the release.
   */
  machineCa: pulumi.Input<string>;
  /**
   * Image with the packages that the deployer's npm installed; the build downloads them if unset.
   * The lockfile, which is among the sources, says what is in it.
   */
  packages?: pulumi.Input<string>;
  /** PEM of authorities that the build trusts besides; they are not in the image either. */
  trustedCa?: string | undefined;
  /** The migrations in it; undefined if they are not known. */
  migrations: Pick<MigrationLint, "names" | "breaking"> | undefined;
  /** Where it is pushed to; it stays on the engine if unset. */
  pushTo?: PushTarget;
}

export interface AppImageArgs {
  /**
   * The image to build, or the reference of one that is there already: kept by an earlier release,
   * or in a registry.
   */
  source: ImageBuild | string;
  /** How an image of a registry is pulled, if not by the provider. */
  pull?: PullArgs;
}

/**
 * The application's image. A built one is named after its content: equal sources and base images
 * give the same name and no build, and a release can go back to any image that is still there. The
 * name has the stack in it, so that no stack prunes another's; a pushed one has the repository's
 * name, and its digest.
 */
export class AppImage extends pulumi.ComponentResource {
  /** Reference that containers are made from. */
  readonly reference: pulumi.Output<string>;
  /** Hash of its sources, 12 hexadecimal digits: the first part of a release's name. */
  readonly contentHash: pulumi.Output<string>;

  constructor(name: string, args: AppImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:AppImage", name, {}, opts);
    const { pull, source } = args;
    this.contentHash =
      typeof source === "string" ? pulumi.output(contentHashOf(source)) : contentHash(source);
    const image = new docker.RemoteImage(
      name,
      {
        ...(typeof source === "string"
          ? { name: pull === undefined ? source : pulledImage(source, pull) }
          : {
              name: this.contentHash.apply((hash) => builtImage(source, hash)),
              build: build(source),
            }),
        // Deleting is by name, and older releases are what one goes back to.
        keepLocally: true,
      },
      { parent: this, deleteBeforeReplace: false },
    );
    // Through the image's id, so that containers wait for the build and a rebuilt image replaces
    // them.
    const built = pulumi.all([image.name, image.imageId]).apply(([reference]) => reference);
    this.reference =
      typeof source === "string" || source.pushTo === undefined
        ? built
        : pushedImage(`${name}-push`, { ...source, target: source.pushTo, image }, this);
    this.registerOutputs({ reference: this.reference, contentHash: this.contentHash });
  }
}

/** Name of an image that a stack builds. */
function builtImage({ identity, pushTo }: ImageBuild, hash: string): string {
  const { project, stack } = identity;
  return `${pushTo?.repository ?? `${project}/app-${stack}`.toLowerCase()}:${hash}`;
}

function contentHash({ buildArgs, layer, origin }: ImageBuild): pulumi.Output<string> {
  const sources =
    origin.kind === "image"
      ? origin.reference
      : [
          contextHash(origin.context, origin.generated ? generatedIgnore : undefined),
          origin.dockerfile,
          origin.args,
        ];
  return pulumi.all([buildArgs, layer ?? ""]).apply(([values, top]) =>
    createHash("sha256")
      .update(JSON.stringify([sources, Object.entries(values).sort(), top]))
      .digest("hex")
      .slice(0, 12),
  );
}

/**
 * The proxies of who deploys. Docker knows these arguments: they reach the build's steps, and
 * neither the image nor its history. Secret, because an address may hold a password.
 */
export function proxyArguments(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, pulumi.Output<string>> {
  return Object.fromEntries(
    ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"].flatMap((name) => {
      const value = environment[name] ?? "";
      return value === "" ? [] : [[name, pulumi.secret(value)]];
    }),
  );
}

function build(source: ImageBuild) {
  const { identity, buildArgs, machineCa, origin, packages, trustedCa } = source;
  const context = origin.kind === "image" ? buildFolder(identity.stack) : origin.context;
  const file = pulumi.output(source.layer).apply((layer) => writtenDockerfile(source, layer));
  return {
    context,
    // From the context, as the provider takes it.
    dockerfile: file.apply((path) => relative(context, path)),
    // The provider's error has none of the build's output: `berth up` shows it from this file.
    buildLogFile: begunLog(identity.stack),
    // The engine's own. One of buildx's other builders may be the current one, and those see no
    // image that only the engine has, such as the base images that are built here.
    // https://docs.docker.com/build/builders/drivers/docker/
    builder: "default",
    buildArgs: {
      ...(origin.kind === "image" ? {} : origin.args),
      ...buildArgs,
      ...proxyArguments(process.env),
      CA_IMAGE: machineCa,
      ...(trustedCa === undefined ? {} : { TRUSTED_CA: trustedCa }),
      ...(packages === undefined ? {} : { PACKAGES_IMAGE: packages }),
    },
  };
}

/**
 * Writes the Dockerfile that the image is built with: the application's own, and what berth puts on
 * top, in the same build. Labels are among it because the provider's own do not reach every
 * builder. They say what a stack has to know of an image that was built elsewhere or long ago: its
 * migrations, and those that releases without them cannot live with.
 * @returns its path, relative to the project's folder
 */
function writtenDockerfile({ identity, migrations, origin }: ImageBuild, layer: string | undefined): string {
  const folder = buildFolder(identity.stack);
  const path = join(folder, "Dockerfile");
  const known =
    migrations === undefined
      ? []
      : [
          `berth.migrations="${migrations.names.join(",")}"`,
          `berth.breaking="${migrations.breaking.join(",")}"`,
        ];
  const lines = [
    ...(layer === undefined
      ? []
      : [
          `COPY --from=${layer} ${layerFolder} ${layerFolder}`,
          `ENV NODE_OPTIONS="\${NODE_OPTIONS} --require=${layerFolder}/preload.cjs"`,
        ]),
    `LABEL ${["berth.part=app", `berth.stack=${identity.stack}`, ...known].join(" ")}`,
  ];
  const text =
    origin.kind === "image"
      ? withLayer(`FROM ${origin.reference}`, undefined, lines)
      : withLayer(origin.dockerfile, origin.target, lines);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, text);
  const ignored = origin.kind === "build" && !existsSync(join(origin.context, ".dockerignore"));
  writeFileSync(`${path}.dockerignore`, ignored && origin.generated ? generatedIgnore : "");
  return path;
}

/** The file for the build's output, empty: the provider appends to it. */
function begunLog(stack: string): string {
  const file = buildLogFile(stack);
  if (pulumi.runtime.isDryRun()) return file;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, "");
  return file;
}

/**
 * A reference's part of a release's name: its tag, as {@link builtImage} makes it, so that a
 * promoted image keeps its name, or else the first digits of its digest.
 */
export function contentHashOf(reference: string): string {
  const [name = "", digest] = reference.split("@sha256:");
  return /:([0-9a-f]{12})$/.exec(name)?.[1] ?? (digest ?? "").slice(0, 12).padEnd(12, "0");
}
