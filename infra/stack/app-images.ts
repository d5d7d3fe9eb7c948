import type * as pulumi from "@pulumi/pulumi";
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
 * Builds `app/`, or takes the image that the settings name; a canary is always what `app/` has
 * become.
 * @param runtimeImage image that the final stage is made from
 * @throws pulumi.RunError for migrations that the running release would not survive
 */
export async function appImages(
  { baseImage, host, identity, login, onDocker, config }: StackContext,
  runtimeImage: pulumi.Output<string>,
): Promise<AppImages> {
  const migrations = await readMigrations("app/src");
  const { appImage, canary } = config.release;
  const builds = appImage === undefined || canary !== undefined;
  const packages =
    builds && config.app.packagesFrom === "deployer"
      ? new AppPackages("app-packages", { host, identity, folder: "app" }, onDocker).reference
      : undefined;
  const repository = config.registry?.registry;
  const built = (name: string) =>
    new AppImage(
      name,
      {
        source: {
          host,
          identity,
          context: "app",
          buildArgs: { NODE_IMAGE: baseImage("node"), RUNTIME_IMAGE: runtimeImage },
          machineCa: baseImage("machine-ca"),
          trustedCa: config.trustedCa,
          ...(packages === undefined ? {} : { packages }),
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
