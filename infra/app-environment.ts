import type { StackShape } from "../stacks/shape.ts";
import { databaseHost, databaseName } from "./components/database.ts";

/** Where the application's values come from that are known only when the stack runs. */
export interface AppWiring {
  release: string;
  databaseUser: string;
  /** Folder of the current secret files inside the container. */
  secrets: string;
}

/** Names of the application's secret files. */
export const appSecretFiles = { databasePassword: "database-password", sessionKeys: "session-keys" } as const;

/** Environment of every container made from the application's image. None of it is secret: secrets are files. */
export function appEnvironment(shape: StackShape, wiring: AppWiring): Record<string, string> {
  return {
    STACK: shape.stack,
    APP_ENV: shape.app.environment,
    RELEASE: wiring.release,
    HOST: "0.0.0.0",
    PORT: "8000",
    METRICS_PORT: "9464",
    WORKERS: String(shape.app.workers),
    DRAIN_TIMEOUT: String(shape.app.drainTimeout),
    DATABASE_HOST: databaseHost,
    DATABASE_PORT: "5432",
    DATABASE_NAME: databaseName,
    DATABASE_USER: wiring.databaseUser,
    DATABASE_PASSWORD_FILE: `${wiring.secrets}/${appSecretFiles.databasePassword}`,
    DATABASE_POOL_MAX: String(shape.database.poolMax),
    SESSION_KEYS_FILE: `${wiring.secrets}/${appSecretFiles.sessionKeys}`,
    MEDIA_DIR: "/var/lib/app/media",
    LOCALE: shape.locale,
    TIME_ZONE: shape.timeZone,
    LOG_LEVEL: shape.app.logLevel,
    ...(shape.app.port === undefined ? {} : { PUBLIC_URL: publicUrl(shape.app.port) }),
  };
}

function publicUrl(port: { address: string; port: number }): string {
  const anywhere = port.address === "0.0.0.0" || port.address === "::";
  return `http://${anywhere ? "127.0.0.1" : port.address}:${port.port}`;
}
