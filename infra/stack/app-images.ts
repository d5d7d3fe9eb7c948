import type * as pulumi from "@pulumi/pulumi";
import { recordsOn } from "../../releases/read-records.ts";
import { isOf } from "../../releases/record.ts";
import { Docker } from "../../system/docker.ts";
import { AppImage } from "../components/app-image.ts";
import { AppPackages } from "../components/app-packages.ts";
import { readMigrations } from "../migrations/read-migrations.ts";
import type { StackContext } from "./stack-context.ts";

/** The application's images: the one that the replicas run, and the one that the canary runs. */
export interface AppImages {
  readonly current: AppImage;
  readonly canary: AppImage | undefined;
}

/**
 * Migrations of the release that was recorded last; undefined if there is none, or it says none.
 */
async function migrationsOfPresent({
  host,
  identity,
}: Pick<StackContext, "host" | "identity">): Promise<readonly string[] | undefined> {
  const docker = new Docker({ ...process.env, ...host.environment });
  // An engine that does not answer fails the update in words of its own.
  const records = await recordsOn(docker).catch(() => []);
  return records.find((record) => isOf(identity, record))?.migrations ?? undefined;
}

/**
 * Builds the application's image, or takes the one that the settings name; a canary is always what
 * its folder has become.
 * @param runtimeImage image that berth's own application is made from
 * @throws pulumi.RunError for migrations that the running release would not survive
 */
export async function appImages(
  { baseImage, declaration, host, identity, login, onDocker, config }: StackContext,
  runtimeImage: pulumi.Output<string>,
): Promise<AppImages> {
  const migrations = await readMigrations(declaration, () => migrationsOfPresent({ host, identity }));
  const { appImage, canary } = config.release;
  const builds = appImage === undefined || canary !== undefined;
  const packages =
    builds && config.app.packagesFrom === "deployer"
      ? new AppPackages("app-packages", { host, identity, folder: declaration.folder }, onDocker).reference
      : undefined;
  const repository = config.registry?.registry;
  const layer = declaration.runtime === "layer" ? baseImage("layer") : undefined;
  const built = (name: string) =>
    new AppImage(
      name,
      {
        source: {
          host,
          identity,
          origin: declaration.origin,
          buildArgs: { NODE_IMAGE: baseImage("node"), RUNTIME_IMAGE: runtimeImage },
          machineCa: baseImage("machine-ca"),
          trustedCa: config.trustedCa,
          ...(packages === undefined ? {} : { packages }),
          ...(layer === undefined ? {} : { layer }),
          migrations,
          ...(repository === undefined ? {} : { pushTo: { repository, ...login } }),
        },
      },
      onDocker,
    );
  const pull =
    login?.passwordCommand === undefined || appImage?.includes("@") !== true
      ? {}
      : { pull: { host, account: login } };
  return {
    current:
      appImage === undefined
        ? built("app-image")
        : new AppImage("app-image", { source: appImage, ...pull }, onDocker),
    canary: canary === undefined ? undefined : built("canary-image"),
  };
}
