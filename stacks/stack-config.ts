import { X509Certificate } from "node:crypto";
import { z } from "zod";
import type { AccountsConfig } from "./accounts.ts";
import type { AlertsConfig } from "./alerts.ts";
import type { AppConfig } from "./app.ts";
import type { BackupsConfig } from "./backups.ts";
import type { BucketConfig } from "./bucket.ts";
import type { MediaConfig } from "./media.ts";
import type { CacheConfig } from "./cache.ts";
import type { DatabaseConfig } from "./database.ts";
import { dockerHost } from "./docker-host.ts";
import type { EdgeConfig } from "./edge.ts";
import { pem, yesOrNo, type Values } from "./field.ts";
import type { MailConfig } from "./mail.ts";
import type { RegistryConfig } from "./registry.ts";
import type { ReleaseConfig } from "./release.ts";
import type { CommandedSecret } from "./secrets-from.ts";

/** The kinds of stack that berth knows, as the setting `shape` names them. */
export const stackKinds = ["dev", "basic", "prod", "proxy"] as const;
export type StackKind = (typeof stackKinds)[number];

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone.length > 0;
  } catch {
    return false;
  }
}

/** The certificates of a PEM text, one each. */
function authorities(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
}

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).subject !== "";
  } catch {
    return false;
  }
}

/** Settings of a stack as a whole. `shape` is handled before these are read. */
export const stackFields = {
  imageSource: z
    .enum(["auto", "official", "debian"], "auto, official or debian")
    .default("auto")
    .describe(
      "Where base images come from: their registry, our Debian-built equivalents, or the first that is available.",
    ),
  dockerHost,
  requireEncryptedDisk: yesOrNo
    .default(false)
    .describe(
      "Refuse a Docker host whose folder of images and volumes is not on dm-crypt (LUKS), or of which that cannot be told.",
    ),
  trustedCa: pem
    .refine((text) => authorities(text).every(isCertificate), "certificates in PEM form")
    .optional()
    .describe(
      "PEM of your own certificate authorities: the application, Certbot and the image's build trust them besides the public ones.",
    )
    .meta({ example: "< ca.pem" }),
  timeZone: z
    .string()
    .refine(isTimeZone, "a time zone of the IANA list, such as Europe/Moscow")
    .default("UTC")
    .describe("Time zone shown to people. Data is stored in UTC."),
  locale: z.enum(["en", "ru"], "en or ru").default("en").describe("Language of the application's messages."),
};

type Whole = Values<typeof stackFields>;

/**
 * Where a base image comes from: the vendor's registry, our Debian-built equivalent, or whichever
 * can be had.
 */
export type ImageSource = Whole["imageSource"];

/**
 * Everything that the program needs to know of one stack: its settings, validated, with defaults
 * filled in, each under the name that `pulumi config` has for it. Of a secret it says only that it
 * is set.
 */
export interface StackConfig extends Whole {
  /** Name of the Pulumi stack. */
  readonly stack: string;
  readonly kind: StackKind;
  readonly app: AppConfig;
  readonly accounts: AccountsConfig;
  readonly release: ReleaseConfig;
  readonly database: DatabaseConfig;
  /** Where images are pushed to and pulled from; they stay on the engine if undefined. */
  readonly registry: RegistryConfig | undefined;
  /** The proxy in front of the application; nothing is published if undefined. */
  readonly edge: EdgeConfig | undefined;
  /** The proxy of a host that stacks share: such a stack has nothing else. Its names are theirs. */
  readonly sharedProxy: EdgeConfig | undefined;
  /** Redis; each process caches for itself if undefined. */
  readonly cache: CacheConfig | undefined;
  /** Outgoing e-mail; it goes to the log if undefined. */
  readonly mail: MailConfig | undefined;
  /** Where uploaded files lie; a volume if undefined. */
  readonly bucket: BucketConfig | undefined;
  /** Who may upload files, and how much. */
  readonly media: MediaConfig;
  /** Backups of the database and the uploads; none are made if undefined. */
  readonly backups: BackupsConfig | undefined;
  /** Secrets that commands print, beside those of the settings. */
  readonly secretsFrom: readonly CommandedSecret[];
  /** Who is told when something is wrong; nothing watches if undefined. */
  readonly alerts: AlertsConfig | undefined;
}

/** A port of the Docker host that a stack occupies. */
export interface PublishedPort {
  /** The part that listens behind it, as in the label `berth.part`. */
  readonly part: string;
  /** The setting that moves it. */
  readonly setting: string;
  /** Host address it is bound to. */
  readonly address: string;
  /** Host port, 1 to 65535. */
  readonly port: number;
}

const loopback = "127.0.0.1";

/** The proxy that publishes ports; a stack behind a shared one publishes none. */
function publishingProxy({ edge, sharedProxy }: StackConfig): EdgeConfig | undefined {
  return sharedProxy ?? (edge?.proxy === undefined ? edge : undefined);
}

/** Every host port of a stack. */
export function publishedPorts(config: StackConfig): PublishedPort[] {
  const { app, database } = config;
  const proxy = publishingProxy(config);
  const ofProxy = { part: "nginx", address: proxy?.proxyAddress ?? loopback };
  const wanted = [
    { part: "app", setting: "appPort", address: app.appAddress, port: app.appPort },
    { part: "adminer", setting: "adminerPort", address: loopback, port: database.adminerPort },
    { part: "postgres", setting: "databasePort", address: loopback, port: database.databasePort },
    { ...ofProxy, setting: "httpPort", port: proxy?.httpPort },
    { ...ofProxy, setting: "httpsPort", port: proxy?.tls === "off" ? undefined : proxy?.httpsPort },
  ];
  return wanted.flatMap(({ port, ...place }) => (port === undefined ? [] : [{ ...place, port }]));
}

/** The host port of one part; undefined if it publishes none. */
export function portOf(config: StackConfig, part: string): PublishedPort | undefined {
  return publishedPorts(config).find((published) => published.part === part);
}
