import type { Declaration } from "../../declaration/read-declaration.ts";
import type { AlertsConfig } from "../../stacks/alerts.ts";
import type { StackConfig } from "../../stacks/stack-config.ts";
import { edgePorts } from "./edge-paths.ts";

/** Names of secret files that the watcher reads. */
export const watchSecretFiles = {
  webhook: "webhook",
  heartbeat: "heartbeat",
  smtpPassword: "smtp-password",
  databasePassword: "database-password",
  trustedCa: "trusted-ca.pem",
} as const;

/** What the watcher has to know of the stack besides its settings. */
export interface Watched {
  readonly project: string;
  readonly stack: string;
  readonly declaration: Pick<Declaration, "port" | "start" | "worker">;
  /** Path that a replica answers 2xx at if it may get requests. */
  readonly health: string;
  /** Hosts of the stack's networks. */
  readonly hosts: Readonly<Record<"database" | "cache", string>>;
  readonly database: string;
}

/** Seconds that a replica may be away while nothing is replaced. */
const patience = 60;

/** A mail server, with the port that the application's library takes by default. */
function serverOf(smtpUrl: string) {
  const { hostname, port, protocol } = new URL(smtpUrl);
  const tlsFirst = protocol === "smtps:";
  return { server: hostname, port: port === "" ? (tlsFirst ? 465 : 587) : Number(port), tlsFirst };
}

/**
 * The settings of the watcher's program (`images/watcher`), as JSON; no secret is in them. It says
 * what is deployed: the program makes its rules from that.
 */
export function watchSettings(config: StackConfig, alerts: AlertsConfig, of: Watched): string {
  const { app, backups, cache, database, edge, mail, release } = config;
  const { declaration, hosts } = of;
  // A roll replaces one replica at a time, in front of everybody.
  const rolling = release.strategy === "rolling" ? declaration.start + app.drainTimeout : 0;
  const grace = patience + rolling;
  const [name] = edge?.domain ?? [];
  const worker = app.jobs === "container" && declaration.worker !== undefined;
  return JSON.stringify({
    project: of.project,
    stack: of.stack,
    replicas: { appHost: "app", port: declaration.port, health: of.health, count: app.replicas, grace },
    worker: worker ? { workerHost: "worker" } : null,
    database: {
      databaseHost: hosts.database,
      name: of.database,
      pool: database.databasePoolMax * app.processes,
    },
    cache: cache === undefined ? null : { cacheHost: hosts.cache, port: 6379 },
    edge:
      edge === undefined
        ? null
        : {
            edgeHost: "nginx",
            port: edge.tls === "off" ? edgePorts.http : edgePorts.https,
            name,
            tls: edge.tls !== "off",
            // Behind a shared proxy, the client's address comes that way at the port of TLS.
            proxyProtocol: edge.proxyProtocol || (edge.proxy !== undefined && edge.tls !== "off"),
          },
    backups: backups !== undefined,
    webhook: alerts.alertsWebhook === true,
    mail:
      mail === undefined || alerts.alertsMail === undefined
        ? null
        : {
            ...serverOf(mail.smtpUrl),
            encrypted: mail.smtpTls === "required",
            user: mail.smtpUser ?? null,
            sender: mail.mailFrom,
            to: alerts.alertsMail,
          },
    heartbeat: alerts.alertsHeartbeat === true,
    heartbeatInterval: alerts.alertsHeartbeatEvery,
    repeat: alerts.alertsRepeat * 3600,
  });
}
