import { join } from "node:path";
import express, { type Express } from "express";
import type { Config } from "./config.ts";
import type { MigrationFile } from "./platform/database/migration-source.ts";
import type { Database } from "./platform/database/open-database.ts";
import { healthRoutes } from "./platform/health/health-routes.ts";
import { createReadiness } from "./platform/health/readiness.ts";
import { mountRoutes } from "./platform/http/mount-routes.ts";
import { problemHandler } from "./platform/http/problem-handler.ts";
import { requestContext } from "./platform/http/request-context.ts";
import { securityHeaders } from "./platform/http/security-headers.ts";
import type { Logger } from "./platform/log/create-logger.ts";
import type { FoundModule } from "./platform/modules/module.ts";
import { notFound } from "./platform/problems/problems.ts";
import { welcomeRoutes } from "./platform/welcome/welcome-routes.ts";

/** What the app runs on; all of it is open already. */
export interface AppDeps {
  readonly config: Pick<Config, "stack" | "release" | "production" | "trustProxy">;
  readonly log: Logger;
  readonly database: Database;
  readonly migrations: readonly MigrationFile[];
  readonly modules: readonly FoundModule[];
  /** True from the moment SIGTERM came. */
  readonly isDraining: () => boolean;
}

/** Largest JSON body; uploads are streamed and have limits of their own. */
const bodyLimit = "100kb";
const assetsFolder = join(import.meta.dirname, "platform", "assets");

/** Builds the web application. Opens nothing: no port, no connection, no timer. */
export function createApp(deps: AppDeps): Express {
  const { config, log, database } = deps;
  const app = express();
  app.disable("x-powered-by");
  app.set("trust proxy", config.trustProxy);
  app.set("query parser", "simple");
  app.set("etag", false);
  app.use(requestContext(log, config.trustProxy > 0));
  app.use(securityHeaders(config.release));
  app.use((_request, response, next) => {
    // While draining, a connection must not be kept for a next request that would find nobody.
    if (deps.isDraining()) response.set("Connection", "close");
    next();
  });
  app.use("/assets", express.static(assetsFolder, { index: false, redirect: false, maxAge: "1h" }));
  app.use(express.json({ limit: bodyLimit }));
  mountRoutes(app, [
    ...healthRoutes(config, createReadiness(database, deps.migrations, deps.isDraining)),
    ...welcomeRoutes(config),
    ...deps.modules.flatMap((module) => module.routes({ database })),
  ]);
  app.use((request) => {
    throw notFound(`There is no ${request.method} ${request.path}.`);
  });
  app.use(problemHandler);
  return app;
}
