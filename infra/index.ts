import "./lean-sdk.ts";
import { portOf } from "../stacks/stack-config.ts";
import { postgresImages } from "../images/catalogue.ts";
import { stackAddresses } from "./facts/addresses.ts";
import { appImages } from "./stack/app-images.ts";
import { hasBackupKey, IdleBackups } from "./components/backup-key.ts";
import { Backups } from "./components/backups.ts";
import { DerivedImage } from "./components/derived-image.ts";
import { Database } from "./components/database.ts";
import { Media } from "./components/media.ts";
import { Network } from "./components/network.ts";
import { readBackupSecrets, readConfig } from "./config.ts";
import { readLastState } from "./facts/last-state.ts";
import { requireDataVersion } from "./stack/data-version.ts";
import { requireOwnData } from "./stack/own-data.ts";
import { stackRestarts } from "./stack/restarts.ts";
import { stackContext } from "./stack/stack-context.ts";
import { onlyData } from "./facts/only-data.ts";
import { servingParts } from "./stack/serving-parts.ts";

const config = await readConfig();
const context = stackContext(config);
const { baseImage, declaration, host, identity, onDocker } = context;
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
      image: new DerivedImage("backup-image", { host, recipe: "backup", base: postgres }, onDocker).reference,
      handsIn: config.alerts !== undefined,
      toolImage: debian,
      secrets: readBackupSecrets(),
    },
    onDocker,
  );
if (backups === undefined && hasBackupKey("backups", state)) new IdleBackups("backups", onDocker);

// A restore on an empty host puts the data in before anything can ask for it.
const served = onlyData(process.env)
  ? undefined
  : await servingParts(context, { backups, database, images, media, network, restarts });

/** Where the parts answer. */
export const addresses = stackAddresses(config);
export const release = served?.release;
export const databaseUser = served?.databaseUser;
export const replicas = served?.replicas;
