import * as pulumi from "@pulumi/pulumi";
import { postgresImages } from "../../images/catalogue.ts";
import { acceptableImages, type ProvidedImage } from "../../images/lib/recipe.ts";
import { describeWaiting } from "../../releases/restart-record.ts";
import { missingConnections } from "../../stacks/database.ts";
import { portOf } from "../../stacks/stack-config.ts";
import type { LastState } from "../facts/last-state.ts";
import { recordedWaiting } from "../facts/recorded-waiting.ts";
import { formerCacheRotation, runningPart, type RunningPart } from "../facts/running-part.ts";
import { cacheDefinition, cacheSettings } from "../policy/cache-definition.ts";
import { databaseDefinition, databaseSettings } from "../policy/database-definition.ts";
import { decideRestart, definitionHash, type Restart, type WantedPart } from "../resources/restart.ts";
import type { StackContext } from "./stack-context.ts";

/** Which parts an update leaves running as they are. */
export interface StackRestarts {
  readonly postgres: Restart;
  /** Undefined if the stack has no Redis. */
  readonly redis: Restart | undefined;
  /** One of them is left running, and with it what it is connected to. */
  readonly held: boolean;
}

/**
 * Decides which parts an update may restart, and says what waits for a restart. Parts of
 * development stacks are restarted as their settings change: nobody else uses them.
 * @param state what the last update has left
 * @throws pulumi.RunError if the update needs what only a restart brings
 */
export function stackRestarts(context: StackContext, state: LastState): StackRestarts {
  const holds = context.config.kind !== "dev";
  const postgres = runningPart(state, "Database");
  const redis = runningPart(state, "Cache");
  const wantedRedis = redisOf(context, redis);
  const restarts = {
    postgres: decideRestart(postgresOf(context, postgres), postgres, holds),
    redis:
      wantedRedis &&
      decideRestart(wantedRedis, redis && { ...redis, rotation: formerCacheRotation(state) }, holds),
  };
  const problem =
    restarts.postgres.held && missingConnections(context.config, postgres?.settings["max_connections"]);
  if (typeof problem === "string") throw new pulumi.RunError(problem);
  const held = Object.values(restarts).filter((restart) => restart?.held === true);
  for (const restart of held) if (restart !== undefined) sayWhatWaits(context, restart, state);
  return { ...restarts, held: held.length > 0 };
}

function postgresOf({ config, identity }: StackContext, running: RunningPart | undefined): WantedPart {
  const { database } = config;
  const args = { identity, config: database, port: portOf(config, "postgres") };
  return {
    part: "postgres",
    images: imagesLike(
      acceptableImages(postgresImages[database.postgresVersion], config.imageSource, process.env),
      running,
    ),
    memory: database.databaseMemory,
    settings: databaseSettings(database),
    definition: definitionWithoutSizes(databaseDefinition("postgres", args)),
    upgrade: database.databaseUpgrade,
    rotation: undefined,
  };
}

function redisOf(
  { config, identity }: StackContext,
  running: RunningPart | undefined,
): WantedPart | undefined {
  const { cache } = config;
  if (cache === undefined) return undefined;
  return {
    part: "redis",
    images: imagesLike(acceptableImages("redis", config.imageSource, process.env), running),
    memory: cache.cacheMemory,
    settings: {},
    definition: definitionWithoutSizes(
      cacheDefinition("redis", identity, cache),
      cacheSettings(cache, "").replace(/^maxmemory .*$/m, ""),
    ),
    upgrade: cache.cacheUpgrade,
    rotation: cache.cacheRotation,
  };
}

/** A hash of a definition without what is compared by itself. */
function definitionWithoutSizes(definition: object, ...more: readonly string[]): string {
  return definitionHash({ ...definition, memory: 0, memorySwap: 0, command: [] }, ...more);
}

/** References, those from the source of the running image first: a registry may come and go. */
function imagesLike(images: readonly ProvidedImage[], running: RunningPart | undefined): string[] {
  const repository = (image: string | undefined) => image?.replace(/:[^:/]*$/, "");
  const alike = ({ reference }: ProvidedImage) => repository(reference) === repository(running?.image);
  return [...images.filter(alike), ...images.filter((image) => !alike(image))].map(
    ({ reference }) => reference,
  );
}

/** One line for a preview and for the update after it. */
function sayWhatWaits({ identity }: StackContext, { wanted, changes }: Restart, state: LastState): void {
  if (changes.length === 0) return;
  const { part } = wanted;
  const recorded = recordedWaiting(state, part);
  const known = (what: string) => recorded?.changes.find((change) => change.what === what);
  const now = new Date().toISOString();
  const record = {
    part,
    changes: changes.map((change) => ({
      ...change,
      since: known(change.what)?.since ?? now,
      versions: known(change.what)?.versions ?? [],
    })),
    seconds: recorded?.seconds ?? null,
  };
  void pulumi.log.info(describeWaiting(record, identity.stack));
}
