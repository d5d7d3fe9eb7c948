import type * as pulumi from "@pulumi/pulumi";
import type { AlertsConfig } from "../../stacks/alerts.ts";
import { DerivedImage } from "../components/derived-image.ts";
import { Watcher, type WatcherArgs } from "../components/watcher.ts";
import { readAlertSecrets, readServiceSecrets } from "../config.ts";
import { healthPath } from "../facts/app-environment.ts";
import { cacheHost, databaseHost, databaseName } from "../facts/stack-names.ts";
import { watchSettings } from "../rendering/watch-settings.ts";
import type { StackContext } from "./stack-context.ts";

/** What the watcher looks at that the settings do not say. */
type WatchedParts = Pick<WatcherArgs, "database" | "handed" | "network" | "release">;

/** The watcher, made from what the stack deploys. */
export function makeWatcher(
  { baseImage, config, declaration, host, identity, onDocker }: StackContext,
  alerts: AlertsConfig,
  parts: WatchedParts,
  opts: pulumi.ComponentResourceOptions,
): Watcher {
  const base = baseImage("debian");
  const { smtpPassword } = readServiceSecrets();
  return new Watcher(
    "watcher",
    {
      ...parts,
      host,
      identity,
      image: new DerivedImage("watcher-image", { host, recipe: "watcher", base }, onDocker).reference,
      toolImage: base,
      settings: watchSettings(config, alerts, {
        ...identity,
        declaration,
        health: healthPath(declaration),
        hosts: { database: databaseHost, cache: cacheHost },
        database: databaseName,
      }),
      secrets: {
        ...readAlertSecrets(),
        smtpPassword: alerts.alertsMail === undefined ? undefined : smtpPassword,
      },
      trustedCa: config.trustedCa,
    },
    opts,
  );
}
