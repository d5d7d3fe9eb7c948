import { portOf } from "../../stacks/stack-config.ts";
import { postgresImages } from "../../images/catalogue.ts";
import { appImages } from "./app-images.ts";
import { hasBackupKey, IdleBackups } from "../components/backup-key.ts";
import { Backups } from "../components/backups.ts";
import { DerivedImage } from "../components/derived-image.ts";
import { Database } from "../components/database.ts";
import { Media } from "../components/media.ts";
import { Network } from "../components/network.ts";
import { readBackupSecrets } from "../config.ts";
import { readLastState } from "../facts/last-state.ts";
import { requireDataVersion } from "./data-version.ts";
import { requireOwnData } from "./own-data.ts";
import { stackRestarts } from "./restarts.ts";
import type { StackContext } from "./stack-context.ts";
import { onlyData } from "../facts/only-data.ts";
import { servingParts, type Serving } from "./serving-parts.ts";

/**
 * An application with its database, and what serves it.
 *
 * @returns what serves; undefined while only the data of a lost stack is put back
 */
export async function applicationStack(context: StackContext): Promise<Serving | undefined> {
  const { baseImage, config, declaration, host, identity, onDocker } = context;
  const state = await readLastState(identity.stack);
  requireOwnData(identity, state);
  await requireDataVersion(context, state);
  const restarts = stackRestarts(context, state);
  const debian = baseImage("debian");

  const postgres = baseImage(postgresImages[config.database.postgresVersion]);
  const network = new Network("network", { host, identity, held: restarts.held }, onDocker);

  const database = new Database(
    "postgres",
    {
      host,
      identity,
      config: config.database,
      port: portOf(config, "postgres"),
      network,
      image: postgres,
      toolImage: debian,
      restart: restarts.postgres,
    },
    onDocker,
  );
  const images = await appImages(context, debian);

  const media = new Media(
    "media",
    { host, identity, declaration, image: images.current.reference, toolImage: debian },
    onDocker,
  );
  const backups =
    config.backups &&
    new Backups(
      "backups",
      {
        host,
        identity,
        config: config.backups,
        database,
        internal: network.internal,
        media: config.bucket === undefined ? media.volume : undefined,
        uploadsOwner: declaration.user,
        image: new DerivedImage("backup-image", { host, recipe: "backup", base: postgres }, onDocker)
          .reference,
        handsIn: config.alerts !== undefined,
        toolImage: debian,
        secrets: readBackupSecrets(),
      },
      onDocker,
    );
  if (backups === undefined && hasBackupKey("backups", state)) new IdleBackups("backups", onDocker);

  // A restore on an empty host puts the data in before anything can ask for it.
  return onlyData(process.env)
    ? undefined
    : await servingParts(context, { backups, database, images, media, network, restarts });
}
