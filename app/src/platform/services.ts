import type { Config } from "../config.ts";
import { accountMail, accountMailJob } from "./accounts/account-mail.ts";
import { type AccountStore, createAccountStore } from "./accounts/account-store.ts";
import type { AccountService } from "./accounts/account-service.ts";
import { createAccountService } from "./accounts/create-account-service.ts";
import { createCredentials } from "./accounts/credentials.ts";
import { invitationMail, invitationMailJob } from "./accounts/invitation-mail.ts";
import { createInvitationService, type InvitationService } from "./accounts/invitation-service.ts";
import { createInvitationStore } from "./accounts/invitation-store.ts";
import { createOpenSession } from "./accounts/open-session.ts";
import { createSecondFactor, type SecondFactor } from "./accounts/second-factor.ts";
import { createThrottle, type Throttle } from "./accounts/throttle.ts";
import { type AuditLog, createAuditLog } from "./audit/audit-log.ts";
import type { Cache } from "./cache/cache.ts";
import type { Database } from "./database/open-database.ts";
import { createTranslators } from "./i18n/translator.ts";
import type { Job } from "./jobs/job.ts";
import type { JobQueue } from "./jobs/job-queue.ts";
import type { Logger } from "./log/create-logger.ts";
import type { Mailer } from "./mail/mailer.ts";
import type { FoundModule } from "./modules/module.ts";
import { createResourceService, type ResourceService } from "./resources/resource-service.ts";
import { createSessionStore, type SessionStore } from "./sessions/session-store.ts";
import { createMediaService, type MediaService, thumbnailJob } from "./media/media-service.ts";
import { createStorage } from "./storage/create-storage.ts";
import type { Storage } from "./storage/storage.ts";
import { makeThumbnail } from "./media/thumbnail-job.ts";
import { sweepJob } from "./sweep-job.ts";

/** What is open already when services are made. */
export interface ServiceDeps {
  readonly config: Config;
  readonly log: Logger;
  readonly database: Database;
  readonly cache: Cache;
  readonly modules: readonly FoundModule[];
  readonly queue: JobQueue;
  readonly mailer: Mailer;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What routes, jobs and the REPL share. */
export interface Services {
  readonly storage: Storage;
  readonly media: MediaService;
  readonly accounts: AccountStore;
  readonly sessions: SessionStore;
  readonly throttle: Throttle;
  readonly audit: AuditLog;
  readonly secondFactor: SecondFactor;
  /** One for each resource of the modules, by its name. */
  readonly resources: ReadonlyMap<string, ResourceService>;
  readonly wordsFor: ReturnType<typeof createTranslators>;
  readonly account: AccountService;
  readonly invitations: InvitationService;
}

function createResources(
  database: Database,
  cache: Cache,
  modules: readonly FoundModule[],
): ReadonlyMap<string, ResourceService> {
  return new Map(
    modules
      .flatMap((module) => module.resources ?? [])
      .map((resource) => [resource.name, createResourceService(database, cache, resource)]),
  );
}

/** Makes the services that routes, jobs and the REPL share. Opens nothing. */
export function createServices(deps: ServiceDeps): Services {
  const { database, cache, config, modules, queue, now } = deps;
  const accounts = createAccountStore(database);
  const sessions = createSessionStore(database);
  const throttle = createThrottle(database);
  const audit = createAuditLog(database);
  const credentials = createCredentials(accounts, throttle, audit);
  const secondFactor = createSecondFactor({ accounts, credentials, throttle, audit, now });
  const resources = createResources(database, cache, modules);
  const storage = createStorage(config.media);
  const openSession = createOpenSession(sessions, audit);
  const mailing = {
    queueReady: () => queue.ready(),
    canSendMail: deps.mailer.canSend,
    registration: config.registration,
  };
  return {
    storage,
    media: createMediaService({
      database,
      storage,
      audit,
      config: config.media,
      queueReady: () => queue.ready(),
      queueThumbnail: (mediaId, transaction) => queue.send(thumbnailJob, { mediaId }, transaction),
    }),
    accounts,
    sessions,
    throttle,
    audit,
    secondFactor,
    resources,
    wordsFor: createTranslators(config.locale, config.timeZone),
    account: createAccountService({
      accounts,
      sessions,
      throttle,
      audit,
      credentials,
      secondFactor,
      database,
      queueMail: (mail, transaction) => queue.send(accountMailJob, mail, transaction),
      openSession,
      ...mailing,
      now,
    }),
    invitations: createInvitationService({
      invitations: createInvitationStore(database),
      accounts,
      throttle,
      audit,
      database,
      openSession,
      queueMail: (invitationId, transaction) => queue.send(invitationMailJob, { invitationId }, transaction),
      ...mailing,
      publicUrl: publicUrl(config),
    }),
  };
}

/** Address for links in mail. */
export function publicUrl(config: Config): string {
  return config.publicUrl ?? `http://${config.host === "0.0.0.0" ? "127.0.0.1" : config.host}:${config.port}`;
}

/** Every kind of job there is: the platform's and the modules'. */
export function createJobs(deps: Omit<ServiceDeps, "queue" | "now">): readonly Job[] {
  const { database, config, log, cache, mailer, modules } = deps;
  const words = createTranslators(config.locale, config.timeZone)([]);
  const resources = createResources(database, cache, modules);
  const mailed = { mailer, words, publicUrl: publicUrl(config) };
  return [
    accountMail({ accounts: createAccountStore(database), ...mailed }),
    invitationMail({ invitations: createInvitationStore(database), ...mailed }),
    sweepJob(database, config.idempotencyHours),
    makeThumbnail(database, createStorage(config.media)),
    ...modules.flatMap((module) => module.jobs?.({ config, log, database, cache, mailer, resources }) ?? []),
  ];
}
