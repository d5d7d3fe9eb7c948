import express, { type Express } from "express";
import { accountApi } from "./platform/accounts/account-api.ts";
import { invitationApi } from "./platform/accounts/invitation-api.ts";
import { invitationPage } from "./platform/accounts/invitation-page.ts";
import { signInPages } from "./platform/accounts/sign-in-pages.ts";
import { ownAccountPages } from "./platform/accounts/own-account-pages.ts";
import { adminRoutes } from "./platform/admin/admin-routes.ts";
import type { MigrationFile } from "./platform/database/migration-source.ts";
import { healthRoutes } from "./platform/health/health-routes.ts";
import { createReadiness } from "./platform/health/readiness.ts";
import type { Assets } from "./platform/html/assets.ts";
import { createPages } from "./platform/html/page.ts";
import { siteStyleRoutes } from "./platform/html/site-style.ts";
import { createIdempotency } from "./platform/http/idempotency.ts";
import { mountRoutes } from "./platform/http/mount-routes.ts";
import { createOwnAddresses } from "./platform/http/own-addresses.ts";
import { problemHandler } from "./platform/html/problem-handler.ts";
import { createRateLimit } from "./platform/http/rate-limit.ts";
import { requestContext } from "./platform/http/request-context.ts";
import type { Route } from "./platform/http/route.ts";
import { securityHeaders } from "./platform/http/security-headers.ts";
import { unmatched } from "./platform/http/unmatched.ts";
import { trustSetting } from "./platform/http/trusted-proxies.ts";
import type { Metrics } from "./platform/metrics/metrics.ts";
import { type OpenApiDocument, openApiDocument } from "./platform/openapi/openapi-document.ts";
import { openApiPages } from "./platform/openapi/openapi-pages.ts";
import { resourceApi } from "./platform/resources/resource-api.ts";
import { createServices, type ServiceDeps } from "./platform/services.ts";
import { createCookies } from "./platform/sessions/cookies.ts";
import { createKeyRing } from "./platform/sessions/key-ring.ts";
import { createVisitors } from "./platform/sessions/visitor.ts";
import { watchStorage } from "./platform/storage/watch-storage.ts";
import { mediaRoutes } from "./platform/media/media-routes.ts";
import { welcomeRoutes } from "./platform/welcome/welcome-routes.ts";

/** What the app runs on; all of it is open already. */
export interface AppDeps extends ServiceDeps {
  readonly migrations: readonly MigrationFile[];
  readonly assets: Assets;
  readonly metrics: Metrics;
  /** True from the moment SIGTERM came. */
  readonly isDraining: () => boolean;
}

/** The web application, and its routes, which tests and the API's description read. */
export interface App {
  readonly handler: Express;
  readonly routes: readonly Route[];
  /** Looks where uploads go; the log has the reason where they cannot. */
  readonly storageProblem: () => Promise<string | undefined>;
}

/** Builds the web application. Opens nothing: no port, no connection, no timer. */
export function createApp(deps: AppDeps): App {
  const { config, log, database, cache, queue } = deps;
  const services = createServices(deps);
  const storageProblem = watchStorage(services.storage, log, deps.now);
  const pages = createPages({ asset: deps.assets.address, site: config.site });
  const ownAddresses = createOwnAddresses(config.publicUrls, config.trustProxy !== 0);
  const visitorOf = createVisitors(
    services.sessions,
    createKeyRing(config.sessionKeys),
    createCookies(config.stack, (request) => ownAddresses.isSecure(request)),
  );

  // Made on first use: it would be a tenth of a start.
  let document: OpenApiDocument | undefined;
  const routes: readonly Route[] = [
    ...healthRoutes(config, createReadiness({ ...deps, storageProblem })),
    ...welcomeRoutes(config, pages),
    ...siteStyleRoutes(config.site),
    ...signInPages(services.account, pages),
    ...ownAccountPages(services.account, services.secondFactor, pages, config.site.name),
    ...invitationPage(services.invitations, pages),
    ...invitationApi(services.invitations),
    ...accountApi(services.account, services.secondFactor, config.site.name),
    ...mediaRoutes(services.media, services.storage, config.media),
    ...[...services.resources.values()].flatMap((service) => resourceApi(service, database)),
    ...deps.modules.flatMap(
      (module) =>
        module.routes?.({ config, log, database, cache, queue, resources: services.resources }) ?? [],
    ),
    ...adminRoutes({ database, services, pages, queue }),
    ...openApiPages(
      pages,
      () => (document ??= openApiDocument(routes, config.site.name, config.release)),
      config.openApiDocs ? "public" : "staff",
    ),
  ];

  const handler = express();
  handler.disable("x-powered-by");
  handler.set("trust proxy", trustSetting(config.trustProxy));
  handler.set("query parser", "simple");
  handler.set("etag", false);
  handler.use(requestContext(log));
  handler.use(deps.metrics.observe);
  handler.use(securityHeaders(config.release, config.media.s3));
  handler.use((_request, response, next) => {
    // While draining, a connection must not be kept for a next request that no process would
    // answer.
    if (deps.isDraining()) response.set("Connection", "close");
    next();
  });
  handler.use("/assets", deps.assets.serve);
  mountRoutes(handler, routes, {
    visitorOf,
    wordsFor: services.wordsFor,
    ownAddresses,
    secondFactor: config.secondFactor,
    limit: createRateLimit(cache, config.rateLimit),
    idempotency: createIdempotency(database, () => queue.ready()),
  });
  handler.use(unmatched(visitorOf, services.wordsFor));
  handler.use(problemHandler(pages));
  return { handler, routes, storageProblem };
}
